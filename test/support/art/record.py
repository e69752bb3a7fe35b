"""Records the requests that ART's own clients make, against a server here that answers what a run needs.

    python record.py PACKAGE OUT [BATCH]

PACKAGE is the folder `art` of an installed or unpacked openpipe-art; OUT is the JSON file that is written. The package's
own __init__ is not run: it wants wandb, weave and litellm, of which the clients need nothing. With BATCH, a file of
trajectory groups in JSON as Steadfast sends them, nothing is recorded: the groups are read as ART's server reads them.
"""

import asyncio
import importlib
import json
import sys
import threading
import types
from http.server import BaseHTTPRequestHandler, HTTPServer

PACKAGE, OUT = sys.argv[1:3]
BATCH = sys.argv[3] if len(sys.argv) > 3 else None

for name, folder in {"art": PACKAGE, "art.serverless": f"{PACKAGE}/serverless"}.items():
    module = types.ModuleType(name)
    module.__path__ = [folder]
    sys.modules[name] = module

trajectories = importlib.import_module("art.trajectories")

ANSWERS = {
    "POST /preview/models": {
        "id": "m1", "entity": "us", "project": "steadfast", "name": "night", "base_model": "Qwen/Qwen3-0.6B",
        "run_id": None, "object": "model",
    },
    "GET /preview/models/m1/checkpoints": {
        "data": [{"id": "c1", "step": 1, "metrics": {}}], "has_more": False, "object": "list",
    },
    "DELETE /preview/models/m1/checkpoints": {"deleted_count": 1, "not_found_steps": []},
    "POST /preview/training-jobs": {"id": "j1"},
    "GET /preview/training-jobs/j1/events": {
        "data": [{"id": "e1", "type": "training_ended", "data": {}}], "has_more": False, "object": "list",
    },
    "POST /register": None,
    "POST /_get_step": 1,
    "POST /_prepare_backend_for_training": ["http://0.0.0.0:8000/v1", "default"],
    "POST /_train_model": {"loss": 0.5, "num_gradient_steps": 1},
}
requests = []


class Handler(BaseHTTPRequestHandler):
    def answer(self):
        path, _, query = self.path.partition("?")
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        bearer = (self.headers.get("authorization") or "").startswith("Bearer ")
        requests.append({
            "method": self.command, "path": path, "query": query, "bearer": bearer,
            "body": json.loads(body) if body else None,
        })
        text = json.dumps(ANSWERS[f"{self.command} {path}"]).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    do_GET = do_POST = do_DELETE = answer

    def log_message(self, *_):
        pass


def group():
    """Two members: one that is trained on, with a reply between its messages, and one that says nothing."""
    choice = {
        "finish_reason": "stop", "index": 0,
        "message": {"role": "assistant", "content": "done", "refusal": None},
        "logprobs": {
            "content": [
                {"token": f"token_id:{token}", "bytes": None, "logprob": -0.5, "top_logprobs": []}
                for token in (11, 12)
            ],
            "refusal": None,
        },
    }
    from openai.types.chat.chat_completion import Choice

    said = [{"role": "user", "content": "mend it"}, Choice.model_validate(choice)]
    members = [
        trajectories.Trajectory(messages_and_choices=said, reward=1, metadata={"rollout": "r/0"}),
        trajectories.Trajectory(messages_and_choices=[], reward=0, metadata={"rollout": "r/1"}),
    ]
    kind = trajectories.TrajectoryGroup
    named = {"metadata": {"group": 7, "instance_id": "i"}} if "metadata" in kind.model_fields else {}
    return kind(members, **named)


async def serverless(base_url):
    client = importlib.import_module("art.serverless.client").Client(api_key="key", base_url=base_url)
    await client.models.create(
        entity=None, project="steadfast", name="night", base_model="Qwen/Qwen3-0.6B", return_existing=True
    )
    async for _ in client.models.checkpoints.list(limit=1, order="desc", model_id="m1"):
        break
    await client.training_jobs.create(
        model_id="m1",
        trajectory_groups=[group()],
        experimental_config=dict(
            advantage_balance=0.0, epsilon=0.2, epsilon_high=0.28, importance_sampling_level="token",
            kimi_k2_tau=None, learning_rate=5e-6, mask_prob_ratio=False,
            max_negative_advantage_importance_sampling_weight=None, ppo=True, precalculate_logprobs=False,
            scale_rewards=False,
        ),
    )
    async for _ in client.training_jobs.events.list(training_job_id="j1", after="e0"):
        break
    await client.models.checkpoints.delete(model_id="m1", steps=[1])


async def local(base_url):
    """Of versions whose server trains: later ones have no such client."""
    backend = importlib.import_module("art.backend").Backend(base_url=base_url)
    model = importlib.import_module("art.model").TrainableModel(
        name="night", project="steadfast", base_model="Qwen/Qwen3-0.6B"
    )
    config = importlib.import_module("art.types").TrainConfig(learning_rate=5e-6)
    await backend.register(model)
    await backend._get_step(model)
    await backend._prepare_backend_for_training(model, None)
    objective = dict(
        advantage_balance=0.0, epsilon=0.2, epsilon_high=0.28, importance_sampling_level="token",
        mask_prob_ratio=False, ppo=True, precalculate_logprobs=False, scale_rewards=False,
    )
    async for _ in backend._train_model(model, [group()], config, objective):
        pass


def read_batch(path):
    """As the server's `run` prepares the class, and FastAPI reads a body."""
    import pydantic

    kind = trajectories.TrajectoryGroup
    kind.__new__ = lambda cls, *_, **__: pydantic.BaseModel.__new__(cls)
    kind.__init__ = lambda self, *args, **fields: pydantic.BaseModel.__init__(self, *args, **fields)
    with open(path) as file:
        groups = pydantic.TypeAdapter(list[kind]).validate_python(json.load(file))
    return [
        [[type(said).__name__ for said in one.messages_and_choices] for one in of.trajectories] for of in groups
    ]


def main():
    if BATCH is not None:
        print(json.dumps(read_batch(BATCH)))
        return
    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    base_url = f"http://127.0.0.1:{server.server_port}"
    found = {}
    for name, ask in {"serverless": serverless, "local": local}.items():
        try:
            asyncio.run(ask(base_url))
            found[name] = list(requests)
        except (ImportError, AttributeError, TypeError) as error:
            found[name] = None
            print(f"{name}: {error!r}", file=sys.stderr)
        requests.clear()
    with open(OUT, "w") as file:
        json.dump(found, file, indent=1)
        file.write("\n")


main()
