"""A server that dies at each moment of a step: the step is made once, with the bits of an undisturbed server."""

import errno
from pathlib import Path

import httpx
import pytest
from helpers import Served, error_of, random_samples, write_batch
from safetensors import SafetensorError

from steadfast_trainer.checkpoints import files_of, step_folder
from steadfast_trainer.storage import is_storage

OPTIONS = {"learning_rate": 1e-2, "micro_batch_tokens": 128}
MOMENTS = ["received", "backward", "optimised", "writing", "publishing", "reply"]


def make_step(server: Served, step: int, batch: dict, parent: str) -> str:
    """Puts a step and waits for it. Gives its manifest hash."""
    body = {"batch": batch, "parent": parent, "options": OPTIONS}
    answer = server.http.put(f"/v1/runs/run/steps/{step}", json=body)
    assert answer.status_code in (200, 202), answer.text
    state = server.finished("run", step)
    assert state["state"] == "done", state
    return state["result"]["manifest_sha256"]


def compared(root: Path) -> dict[str, bytes]:
    return {str(p.relative_to(root)): p.read_bytes() for p in files_of(root) if p.name not in ("timings.json", ".lock")}


@pytest.fixture(scope="module")
def undisturbed(model_folder, tmp_path_factory):
    """Two batches, and the run that a server makes of them which nobody disturbs."""
    folder = tmp_path_factory.mktemp("undisturbed")
    batches = [write_batch(folder, random_samples(8, 60, seed), f"{seed}.json") for seed in range(2)]
    with Served() as served:
        parent = served.open_run("run", model_folder, folder / "run")
        for step, batch in enumerate(batches, 1):
            parent = make_step(served, step, batch, parent)
    return batches, folder / "run"


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_death_at_any_moment_of_a_step_leaves_it_made_once(undisturbed, model_folder, tmp_path, monkeypatch, moment):
    batches, expected = undisturbed
    armed = tmp_path / "failpoints"
    armed.mkdir()
    monkeypatch.setenv("STEADFAST_FAILPOINTS", str(armed))
    with Served() as first:
        parent = first.open_run("run", model_folder, tmp_path / "run")
        (armed / f"step.{moment}").write_text("kill")
        with pytest.raises(httpx.HTTPError):
            make_step(first, 1, batches[0], parent)
        assert first.process.wait(timeout=10) == -9
    assert list(armed.iterdir()) == []
    made = step_folder(tmp_path / "run", 1)
    assert made.exists() == (moment == "reply")

    with Served() as second:
        second.open_run("run", model_folder, tmp_path / "run")
        assert not list((tmp_path / "run").glob(".step-*")), "what was half written is swept away"
        before = (made / "timings.json").read_bytes() if moment == "reply" else None
        parent = make_step(second, 1, batches[0], parent)
        assert before in (None, (made / "timings.json").read_bytes()), "it was made a second time"
        make_step(second, 2, batches[1], parent)
    assert compared(tmp_path / "run") == compared(expected)


def test_a_death_while_a_run_is_opened_leaves_nothing_half_made(undisturbed, model_folder, tmp_path, monkeypatch):
    _, expected = undisturbed
    monkeypatch.setenv("STEADFAST_FAILPOINTS", str(tmp_path))
    with Served() as first:
        (tmp_path / "step.publishing").write_text("kill")
        with pytest.raises(httpx.HTTPError):
            first.open_run("run", model_folder, tmp_path / "run")
        assert first.process.wait(timeout=10) == -9
    with Served() as second:
        second.open_run("run", model_folder, tmp_path / "run")
        names = sorted(p.name for p in (tmp_path / "run").iterdir())
        assert names == [".lock", "step-0000"]
        fresh = step_folder(expected, 0)
        assert compared(step_folder(tmp_path / "run", 0)) == compared(fresh)


def test_a_wrong_order_is_an_error_and_a_delay_is_kept(model_folder, tmp_path, monkeypatch):
    monkeypatch.setenv("STEADFAST_FAILPOINTS", str(tmp_path))
    batch = write_batch(tmp_path, random_samples(2, 40))
    with Served() as served:
        parent = served.open_run("run", model_folder, tmp_path / "run")
        (tmp_path / "step.optimised").write_text("explode")
        body = {"batch": batch, "parent": parent, "options": OPTIONS}
        served.http.put("/v1/runs/run/steps/1", json=body)
        assert "expected kill, stop or delay" in served.finished("run", 1)["error"]["message"]
        (tmp_path / "step.optimised").write_text("delay 400")
        make_step(served, 1, batch, parent)
        seconds = served.finished("run", 1)["result"]["metrics"]["seconds"]
        assert seconds > 0.4
        error_of(served.http.get("/v1/runs/run/steps/2"), 404)


def test_a_full_disk_is_told_from_other_failures():
    assert is_storage(OSError(errno.ENOSPC, "No space left on device"))
    assert is_storage(SafetensorError("Error while serializing: I/O error: No space left on device (os error 28)"))
    assert not is_storage(SafetensorError("Error while deserializing header: header too small"))
    assert not is_storage(FileNotFoundError(errno.ENOENT, "No such file or directory"))
