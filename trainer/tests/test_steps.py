"""Runs and train steps over HTTP: once each, whatever is asked again."""

import json

import pytest
from helpers import error_of, random_samples, write_batch

OPTIONS = {"learning_rate": 1e-3, "loss": "grpo"}


@pytest.fixture
def run(server, model_folder, tmp_path):
    """A fresh run's name and the manifest hash of its step 0."""
    name = tmp_path.name
    return name, server.open_run(name, model_folder, tmp_path / "checkpoints")


def put(server, run: str, step: int, batch: dict, parent: str, **options):
    body = {"batch": batch, "parent": parent, "options": OPTIONS | options}
    return server.http.put(f"/v1/runs/{run}/steps/{step}", json=body)


def test_a_step_is_made_once(server, run, tmp_path):
    name, parent = run
    batch = write_batch(tmp_path, random_samples(8, 60))
    assert put(server, name, 1, batch, parent).status_code == 202
    assert put(server, name, 1, batch, parent).status_code in (200, 202)
    state = server.finished(name, 1)
    assert state["state"] == "done" and state["error"] is None
    result = state["result"]
    assert result["step"] == 1 and result["model"] == f"{name}@1"
    assert result["metrics"]["samples"] == 8 and result["metrics"]["grad_norm"] > 0
    again = put(server, name, 1, batch, parent)
    assert again.status_code == 200 and again.json()["result"] == result

    other = write_batch(tmp_path, random_samples(8, 60, seed=1), "other.json")
    assert error_of(put(server, name, 1, other, parent), 409)["param"] == "batch_sha256"
    assert error_of(put(server, name, 1, batch, parent, learning_rate=2e-3), 409)["param"] == "options"
    assert error_of(put(server, name, 2, batch, parent), 404)["code"] == "parent_not_found"
    assert error_of(put(server, name, 3, batch, result["manifest_sha256"]), 404)["code"] == "parent_not_found"
    assert put(server, name, 2, batch, result["manifest_sha256"]).status_code == 202
    assert server.finished(name, 2)["state"] == "done"
    summary = server.http.get(f"/v1/runs/{name}").json()
    assert summary["step"] == 2


def test_a_trained_adapter_samples_otherwise(server, run, tmp_path):
    name, parent = run
    batch = write_batch(tmp_path, random_samples(8, 60))
    put(server, name, 1, batch, parent, learning_rate=0.1)
    server.finished(name, 1)

    def said(model: str) -> dict:
        body = {"model": model, "messages": [{"role": "user", "content": "hi"}], "temperature": 0, "max_tokens": 8}
        answer = server.http.post("/v1/chat/completions", json=body).json()
        return answer["choices"][0]["message"]

    base = server.http.get(f"/v1/runs/{name}").json()["base_model"]
    assert said(f"{name}@0") == said(base) != said(f"{name}@1")
    listed = [model["id"] for model in server.http.get("/v1/models").json()["data"]]
    assert f"{name}@0" in listed and f"{name}@1" in listed
    body = {"model": f"{name}@7", "messages": [{"role": "user", "content": "hi"}]}
    error_of(server.http.post("/v1/chat/completions", json=body), 404)


def test_checkpoints_are_listed_and_deleted(server, run, tmp_path):
    name, parent = run
    put(server, name, 1, write_batch(tmp_path, random_samples(4, 40)), parent)
    last = server.finished(name, 1)["result"]["manifest_sha256"]
    listed = server.http.get(f"/v1/runs/{name}/checkpoints").json()["checkpoints"]
    assert [(c["step"], c["manifest_sha256"], c["parent"]) for c in listed] == [(0, parent, None), (1, last, parent)]
    assert server.http.delete(f"/v1/runs/{name}/checkpoints/0").json() == {"run": name, "deleted": 0}
    error_of(server.http.delete(f"/v1/runs/{name}/checkpoints/0"), 404)
    assert error_of(server.http.get(f"/v1/runs/{name}/steps/0"), 404)["code"] == "step_not_found"
    error_of(server.http.delete(f"/v1/runs/{name}/checkpoints/1"), 409)


def test_a_run_opened_otherwise_is_a_conflict(server, run, model_folder, tmp_path):
    name, parent = run
    body = {"base_model": str(model_folder), "checkpoint_dir": str(tmp_path / "checkpoints"), "lora": {"rank": 4}}
    assert server.http.put(f"/v1/runs/{name}", json=body).json()["manifest_sha256"] == parent
    error = error_of(server.http.put(f"/v1/runs/{name}", json=body | {"lora": {"rank": 8}}), 409)
    assert error["param"] == "lora"
    other = server.http.put(f"/v1/runs/{name}-other", json=body)
    assert error_of(other, 409)["code"] == "run_in_use"


def test_a_deleted_step_is_not_made_again(server, run, tmp_path):
    name, parent = run
    batch = write_batch(tmp_path, random_samples(4, 40))
    last = parent
    for step in (1, 2):
        put(server, name, step, batch, last)
        last = server.finished(name, step)["result"]["manifest_sha256"]
    server.http.delete(f"/v1/runs/{name}/checkpoints/1")
    assert error_of(put(server, name, 1, batch, parent), 409)["code"] == "step_deleted"


@pytest.mark.parametrize(
    ("change", "param"),
    [
        ({"base_model": "/nowhere"}, "model"),
        ({"checkpoint_dir": "here"}, "checkpoint_dir"),
        ({"checkpoint_dir": "/dev/null/x"}, "checkpoint_dir"),
        ({"lora": {"rank": 0}}, "lora.rank"),
        ({"lora": {"target_modules": ["no_such_proj"]}}, "lora.target_modules"),
        ({"lora": {"dropout": 0.1}}, "lora.dropout"),
    ],
)
def test_a_run_that_cannot_be_opened_is_refused_by_field(server, model_folder, tmp_path, change, param):
    body = {"base_model": str(model_folder), "checkpoint_dir": str(tmp_path / "c"), "lora": {}} | change
    assert error_of(server.http.put(f"/v1/runs/{tmp_path.name}", json=body), 400)["param"] == param
    error_of(server.http.get(f"/v1/runs/{tmp_path.name}"), 404)


def test_the_adapter_is_a_peft_folder_that_loads_by_name(server, run, tmp_path):
    name, _ = run
    folder = tmp_path / "checkpoints" / "step-0000" / "adapter"
    config = json.loads((folder / "adapter_config.json").read_text())
    assert config["r"] == 4 and "q_proj" in config["target_modules"]
    loaded = {"lora_name": f"lora-{name}", "lora_path": str(folder)}
    assert server.http.post("/v1/load_lora_adapter", json=loaded).status_code == 200
    error_of(server.http.post("/v1/load_lora_adapter", json=loaded), 400)
    body = {"model": loaded["lora_name"], "messages": [{"role": "user", "content": "hi"}], "max_tokens": 3}
    assert server.http.post("/v1/chat/completions", json=body).status_code == 200
    assert server.http.post("/v1/unload_lora_adapter", json=loaded).status_code == 200
    error_of(server.http.post("/v1/unload_lora_adapter", json=loaded), 404)
    error_of(server.http.post("/v1/load_lora_adapter", json=loaded | {"lora_path": "/nowhere"}), 400)


@pytest.mark.parametrize(
    ("change", "param"),
    [
        ({"mask": [0, 1]}, "samples.1.mask"),
        ({"logprobs": [0.0]}, "samples.1.logprobs"),
        ({"tokens": [1, -5]}, "samples.1.tokens"),
        ({"tokens": "abc"}, "samples.1.tokens"),
        ({"advantage": None}, "samples.1.advantage"),
        ({"weight": 1}, "samples.1.weight"),
    ],
)
def test_a_wrong_batch_is_refused_by_field(server, run, tmp_path, change, param):
    name, parent = run
    samples = random_samples(2, 40)
    samples[1] |= change
    error = error_of(put(server, name, 1, write_batch(tmp_path, samples), parent), 422)
    assert error["param"] == param
    error_of(server.http.get(f"/v1/runs/{name}/steps/1"), 404)


@pytest.mark.parametrize(
    ("change", "param"),
    [
        ({"options": {"learning_rate": "fast"}}, "options.learning_rate"),
        ({"options": {"loss": "ppo"}}, "options.loss"),
        ({"options": {"lr": 1e-3}}, "options.lr"),
        ({"parent": "abc"}, "parent"),
        ({"batch": {"path": "b.json", "sha256": "0" * 64}}, "batch.path"),
        ({"batch": {"path": "/nowhere/b.json", "sha256": "0" * 64}}, "batch.path"),
        ({"extra": 1}, "extra"),
    ],
)
def test_a_wrong_body_is_refused_by_field(server, run, tmp_path, change, param):
    name, parent = run
    body = {"batch": write_batch(tmp_path, random_samples(2, 40)), "parent": parent, "options": {}} | change
    assert error_of(server.http.put(f"/v1/runs/{name}/steps/1", json=body), 400)["param"] == param


def test_an_empty_batch_and_a_changed_file_are_refused(server, run, tmp_path):
    name, parent = run
    assert error_of(put(server, name, 1, write_batch(tmp_path, []), parent), 422)["code"] == "empty_batch"
    batch = write_batch(tmp_path, random_samples(2, 40)) | {"sha256": "0" * 64}
    assert error_of(put(server, name, 1, batch, parent), 400)["param"] == "batch.sha256"
    error_of(put(server, "unopened", 1, batch, parent), 404)
    error_of(put(server, name, 0, batch, parent), 400)


def test_a_batch_that_cannot_be_read_now_is_asked_for_again(server, run):
    name, parent = run
    # Its first page is nobody's: reading it is an error of input and output.
    batch = {"path": "/proc/self/mem", "sha256": "0" * 64}
    assert error_of(put(server, name, 1, batch, parent), 503)["code"] == "storage"


def test_no_step_is_made_on_a_damaged_checkpoint(server, run, tmp_path):
    name, parent = run
    weights = tmp_path / "checkpoints" / "step-0000" / "adapter" / "adapter_model.safetensors"
    data = bytearray(weights.read_bytes())
    data[-1] ^= 1
    weights.write_bytes(data)
    put(server, name, 1, write_batch(tmp_path, random_samples(2, 40)), parent)
    state = server.finished(name, 1)
    assert state["state"] == "failed" and "not as its manifest says" in state["error"]["message"]


def test_a_run_begins_at_another_runs_step(server, run, model_folder, tmp_path):
    name, parent = run
    batch = write_batch(tmp_path, random_samples(4, 40))
    put(server, name, 1, batch, parent)
    last = server.finished(name, 1)["result"]["manifest_sha256"]
    put(server, name, 2, batch, last)
    server.finished(name, 2)
    step = tmp_path / "checkpoints" / "step-0001"

    fork = {"base_model": str(model_folder), "checkpoint_dir": str(tmp_path / "fork"), "lora": {"rank": 4}}
    refused = server.http.put(f"/v1/runs/{name}-fork", json=fork | {"lora": {"rank": 8}, "from": str(step)})
    assert error_of(refused, 409)["param"] == "lora"
    assert error_of(server.http.put(f"/v1/runs/{name}-fork", json=fork | {"from": "/nowhere"}), 400)["param"] == "from"
    elsewhere = tmp_path / "checkpoints" / "step-0002" / "optimizer.safetensors"
    kept = elsewhere.rename(tmp_path / "kept")
    begin = {"from": str(elsewhere.parent)}
    assert error_of(server.http.put(f"/v1/runs/{name}-fork", json=fork | begin), 400)["param"] == "from"
    kept.rename(elsewhere)
    # Another seed would draw other fresh weights, and these are trained.
    opened = server.http.put(f"/v1/runs/{name}-fork", json=fork | {"lora": {"rank": 4, "seed": 9}, "from": str(step)})
    begun = opened.json()["manifest_sha256"]
    manifest = json.loads((tmp_path / "fork" / "step-0000" / "manifest.json").read_text())
    assert manifest["from"] == {"run": name, "step": 1, "manifest_sha256": last}

    put(server, f"{name}-fork", 1, batch, begun)
    server.finished(f"{name}-fork", 1)
    for file in ("adapter/adapter_model.safetensors", "optimizer.safetensors"):
        made = (tmp_path / "fork" / "step-0001" / file).read_bytes()
        assert made == (tmp_path / "checkpoints" / "step-0002" / file).read_bytes(), file


def test_a_failed_step_may_be_made_again(server, run, tmp_path):
    name, parent = run
    samples = random_samples(2, 40)
    samples[0]["logprobs"] = [-1e30 * bit for bit in samples[0]["mask"]]
    samples[0]["advantage"] = -1.0
    put(server, name, 1, write_batch(tmp_path, samples), parent)
    state = server.finished(name, 1)
    assert state["state"] == "failed" and "norm" in state["error"]["message"]
    assert put(server, name, 1, write_batch(tmp_path, random_samples(2, 40)), parent).status_code == 202
    assert server.finished(name, 1)["state"] == "done"
