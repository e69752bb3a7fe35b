"""A server that is killed in the middle of a step loses that step only, and makes it again with the same bits."""

import errno
import json
import subprocess
import sys
import time
from pathlib import Path

import pytest
from helpers import Served, error_of, random_samples, write_batch

from steadfast_trainer import checkpoints
from steadfast_trainer.checkpoints import files_of, newest_complete
from steadfast_trainer.fields import Fields
from steadfast_trainer.policy import Policy
from steadfast_trainer.runs import Runs
from steadfast_trainer.step_jobs import failure


def request(step: int, batch: dict, parent: str) -> dict:
    # Small micro-batches, so that a step is long enough to be killed in.
    return {"batch": batch, "parent": parent, "options": {"learning_rate": 1e-3, "micro_batch_tokens": 64}}


def put(server: Served, step: int, batch: dict, parent: str) -> None:
    answer = server.http.put(f"/v1/runs/run/steps/{step}", json=request(step, batch, parent))
    assert answer.status_code == 202, answer.text


def unbroken_run(policy: Policy, root: Path, batches: list[dict]) -> None:
    """All steps in this process, without a server."""
    runs = Runs(lambda _: policy)
    body = {"base_model": policy.name, "checkpoint_dir": str(root), "lora": {"rank": 4, "seed": 5}}
    parent = runs.open("run", Fields(body))["manifest_sha256"]
    for step, batch in enumerate(batches, 1):
        runs.get("run").put_step(step, Fields(request(step, batch, parent)))
        while (state := runs.get("run").step_state(step))["state"] == "running":
            time.sleep(0.02)
        parent = state["result"]["manifest_sha256"]


def test_kill_resume_gives_the_bits_of_an_unbroken_run(server, policy, model_folder, tmp_path):
    batches = [write_batch(tmp_path, random_samples(48, 100, seed), f"{seed}.json") for seed in range(2)]
    unbroken_run(policy, tmp_path / "unbroken", batches)

    with Served() as first:  # loads the model when the run is opened
        parent = first.open_run("run", model_folder, tmp_path / "broken", seed=5)
        put(first, 1, batches[0], parent)
        parent = first.finished("run", 1)["result"]["manifest_sha256"]
        put(first, 2, batches[1], parent)
        assert first.http.get("/v1/runs/run/steps/2").json()["state"] == "running"
        first.kill()
    assert not (tmp_path / "broken" / "step-0002").exists()

    assert server.open_run("run", model_folder, tmp_path / "broken", seed=5) == parent
    error_of(server.http.get("/v1/runs/run/steps/2"), 404)
    assert server.http.get("/v1/runs/run/steps/1").json()["state"] == "done"
    put(server, 2, batches[1], parent)
    server.finished("run", 2)

    for step in ("step-0000", "step-0001", "step-0002"):
        unbroken, broken = tmp_path / "unbroken" / step, tmp_path / "broken" / step
        names = [str(p.relative_to(unbroken)) for p in files_of(unbroken) if p.name != "timings.json"]
        assert "optimizer.safetensors" in names and "adapter/adapter_model.safetensors" in names
        for name in names:
            assert (unbroken / name).read_bytes() == (broken / name).read_bytes(), f"{step}/{name}"


def test_a_damaged_checkpoint_is_set_aside(server, model_folder, tmp_path):
    parent = server.open_run("damaged", model_folder, tmp_path / "run")
    body = {"batch": write_batch(tmp_path, random_samples(2, 40)), "parent": parent, "options": {}}
    server.http.put("/v1/runs/damaged/steps/1", json=body)
    server.finished("damaged", 1)
    metrics = tmp_path / "run" / "step-0001" / "metrics.json"
    metrics.write_text(json.dumps({"loss": 0}))
    assert newest_complete(tmp_path / "run") == 0
    assert not metrics.exists()


@pytest.mark.parametrize("number", [errno.EMFILE, errno.EIO, errno.ESTALE])
def test_a_checkpoint_that_cannot_be_read_now_is_not_taken_for_a_damaged_one(policy, tmp_path, monkeypatch, number):
    unbroken_run(policy, tmp_path, [])

    def fail(_: Path) -> str:
        raise OSError(number, "not now")

    with monkeypatch.context() as patched:
        patched.setattr(checkpoints, "sha256_of", fail)
        with pytest.raises(OSError) as raised:
            newest_complete(tmp_path)
    assert failure(raised.value)["code"] == "storage"
    assert newest_complete(tmp_path) == 0


def test_a_busy_port_is_told_in_one_line(server):
    port = server.url.rsplit(":", 1)[1]
    command = [sys.executable, "-m", "steadfast_trainer.serve", "--port", port]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert ended.returncode == 1
    assert ended.stderr.count("\n") == 1 and f"cannot listen on 127.0.0.1:{port}" in ended.stderr
