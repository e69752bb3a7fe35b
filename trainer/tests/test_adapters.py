"""Adapters come and go while requests are in flight: each is answered by the adapter that it asked for, or refused."""

import json
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from steadfast_trainer import policy as policy_module
from steadfast_trainer.adapter import LoraOptions
from steadfast_trainer.errors import ApiError
from steadfast_trainer.runs import write_fresh
from steadfast_trainer.server import Server


@pytest.fixture(scope="module")
def holder(model_folder: Path) -> Server:
    holder = Server("cpu", 1)
    holder.load(str(model_folder))
    return holder


@pytest.fixture
def adapter(holder: Server, model_folder: Path, tmp_path: Path) -> Path:
    write_fresh(tmp_path, holder.load(str(model_folder)), LoraOptions(4, 8.0, 0, "all-linear"))
    return tmp_path / "adapter"


@pytest.mark.parametrize("change", [{"r": 8}, {"target_modules": ["q_proj"]}, {"target_modules": ["no_such_proj"]}])
def test_an_adapter_of_another_shape_is_refused_each_time(holder, adapter, change):
    config = json.loads((adapter / "adapter_config.json").read_text())
    (adapter / "adapter_config.json").write_text(json.dumps(config | change))
    for _ in range(2):
        with pytest.raises(ApiError, match="expected an adapter that fits the model") as refused:
            holder.load_lora("misfit", str(adapter))
        assert (refused.value.status, refused.value.param) == (400, "lora_path")
        with pytest.raises(ApiError, match="misfit is not loaded"):
            holder.find("misfit")


def test_an_adapter_that_is_cut_short_is_refused(holder, adapter):
    (adapter / "adapter_model.safetensors").write_bytes(b"cut")
    with pytest.raises(ApiError, match="expected an adapter folder in PEFT's format") as refused:
        holder.load_lora("cut", str(adapter))
    assert (refused.value.status, refused.value.param) == (400, "lora_path")


def test_an_unloaded_adapter_stays_for_the_requests_that_have_it(holder, adapter):
    holder.load_lora("mine", str(adapter))
    policy, first = holder.find("mine")
    holder.unload_lora("mine")
    with pytest.raises(ApiError, match="mine is not loaded"):
        holder.find("mine")
    with pytest.raises(ApiError) as refused:
        policy.keep(first)
    assert refused.value.status == 404
    policy.use(first)

    holder.load_lora("mine", str(adapter))
    _, second = holder.find("mine")
    assert second != first
    holder.done_with(policy, first)
    for name in (first, second):
        if name == second:
            holder.done_with(policy, second)
            holder.unload_lora("mine")
        end = time.monotonic() + 10
        while name in policy.names and time.monotonic() < end:
            time.sleep(0.01)
        with pytest.raises(ApiError, match="is not loaded") as refused:
            policy.use(name)
        assert refused.value.status == 404


def test_a_name_without_an_adapter_is_not_taken_for_the_base_model(policy, monkeypatch):
    monkeypatch.setattr(policy, "peft", None)
    with pytest.raises(ApiError, match="gone is not loaded"):
        policy.use("gone")


def test_requests_that_wait_for_one_adapter_share_one_load(holder, adapter, model_folder, monkeypatch):
    policy, read, reads = holder.load(str(model_folder)), policy_module.read_adapter, []

    def read_slowly(folder, device):
        reads.append(folder)
        time.sleep(0.2)
        return read(folder, device)

    monkeypatch.setattr(policy_module, "read_adapter", read_slowly)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: policy.hold("run@1", adapter), range(8)))
    assert reads == [adapter]
    assert policy.users["run@1"] == 8
