"""What the tests share: a server process, a batch, a conversation."""

import hashlib
import json
import random
import subprocess
import sys
import time
from pathlib import Path

import httpx

TOOLS = [{"type": "function", "function": {"name": "bash", "parameters": {"type": "object"}}}]
CALL = {"id": "call_1", "type": "function", "function": {"name": "bash", "arguments": '{"command": "cat a.py\\nls"}'}}
CONVERSATION = [
    {"role": "system", "content": "Fix the bug. Use the tool."},
    {"role": "user", "content": "test_add in a.py fails: é, 你好"},
    {"role": "assistant", "content": "Let me look.", "tool_calls": [CALL]},
    {"role": "tool", "tool_call_id": "call_1", "content": "def add(a, b):\n    return a - b"},
    {"role": "assistant", "content": "The sign is wrong."},
]


class Served:
    """A server process of its own on a free port."""

    def __init__(self, *arguments: str):
        command = [sys.executable, "-m", "steadfast_trainer.serve", "--port", "0", "--threads", "1", *arguments]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)

    def __enter__(self) -> "Served":
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert " ready on " in line, line
        self.url = line.split(" ready on ")[1].split()[0]
        self.http = httpx.Client(base_url=self.url, timeout=120)
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def open_run(self, run: str, model: Path, folder: Path, **lora: object) -> str:
        """Opens a run and gives the manifest hash of its last step."""
        body = {"base_model": str(model), "checkpoint_dir": str(folder), "lora": {"rank": 4, **lora}}
        answer = self.http.put(f"/v1/runs/{run}", json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()["manifest_sha256"]

    def finished(self, run: str, step: int) -> dict:
        while True:
            state = self.http.get(f"/v1/runs/{run}/steps/{step}").json()
            if state["state"] != "running":
                return state
            time.sleep(0.02)


def random_samples(count: int, length: int, seed: int = 0, vocab: int = 300) -> list[dict]:
    rng = random.Random(seed)
    samples = []
    for i in range(count):
        size = rng.randint(length // 2, length)
        start = rng.randint(3, size // 2)
        mask = [0] * start + [int(rng.random() < 0.8) for _ in range(size - start)]
        mask[-1] = 1
        samples.append(
            {
                "tokens": [rng.randrange(vocab) for _ in range(size)],
                "mask": mask,
                "logprobs": [-rng.uniform(5.0, 6.5) * bit for bit in mask],
                "advantage": rng.choice([-1.0, -0.5, 0.5, 1.0]),
                "rollout": f"r{i}",
                "group": i // 4,
            }
        )
    return samples


def write_batch(folder: Path, samples: list[dict], name: str = "batch.json") -> dict:
    data = json.dumps({"samples": samples}).encode()
    (folder / name).write_bytes(data)
    return {"path": str(folder / name), "sha256": hashlib.sha256(data).hexdigest()}


def error_of(answer: httpx.Response, status: int) -> dict:
    """The error of a refused request, which has OpenAI's shape and shows no trace."""
    assert answer.status_code == status, answer.text
    error = answer.json()["error"]
    assert set(error) == {"message", "type", "code", "param"}
    assert "Traceback" not in error["message"]
    return error
