"""What the server holds: models, their samplers, named adapters, runs."""

import json
import threading
from itertools import count
from pathlib import Path

from .errors import ApiError
from .memory import available_bytes
from .models import Models
from .policy import Policy
from .runs import Runs
from .sampler import Sampler

# The part of free memory that the key-value cache of running requests may take.
CACHE_SHARE = 0.25


class Server:
    def __init__(self, device: str, threads: int | None):
        self.models = Models(device, threads)
        self.samplers: dict[str, Sampler] = {}
        # Those that a client loaded by name. Each loading makes an adapter of its own, as requests that began before a
        # name was unloaded still use the old one.
        self.adapters: dict[str, tuple[Policy, str]] = {}
        self.naming = threading.Lock()
        self.loadings = count(1)
        self.runs = Runs(self.load)

    def load(self, name: str) -> Policy:
        policy = self.models.load(name)
        if name not in self.samplers:
            self.samplers.setdefault(name, Sampler(policy, int(available_bytes(policy.device) * CACHE_SHARE)))
        return policy

    def find(self, model: str) -> tuple[Policy, str | None]:
        """The policy and adapter that a model name stands for, held until `done_with`."""
        if model in self.samplers:
            return self.models.loaded[model], None
        if model in self.adapters:
            policy, adapter = self.adapters[model]
            policy.keep(adapter)
            return policy, adapter
        run, _, step = model.rpartition("@")
        if run in self.runs.open_runs and step.isascii() and step.isdigit():
            found = self.runs.open_runs[run]
            folder = found.adapter_folder(int(step))
            if folder is not None:
                found.policy.hold(model, folder)
                return found.policy, model
        loaded = ", ".join(entry["id"] for entry in self.model_list()) or "none"
        raise ApiError(404, f"model {model} is not loaded. Loaded are: {loaded}", code="model_not_found", param="model")

    def done_with(self, policy: Policy, adapter: str | None) -> None:
        if adapter is not None:
            policy.release(adapter)

    def model_list(self) -> list[dict]:
        ids = [(name, name) for name in sorted(self.samplers)]
        ids += [(name, policy.name) for name, (policy, _) in sorted(self.adapters.items())]
        for run in self.runs.open_runs.values():
            ids += [(f"{run.name}@{step}", run.base_model) for step in run.steps()]
        return [{"id": i, "object": "model", "owned_by": "steadfast", "created": 0, "root": root} for i, root in ids]

    # --- adapters by name, as vLLM has them -------------------------------------

    def load_lora(self, name: str, path: str) -> None:
        with self.naming:
            if name in self.adapters or name in self.samplers or "@" in name:
                why = "a run's checkpoints are loaded by themselves" if "@" in name else "it is loaded already"
                raise ApiError(400, f"lora_name {name} cannot be taken: {why}", param="lora_name")
            policy = self.policy_for(Path(path))
            adapter = f"{name}#{next(self.loadings)}"
            policy.load_adapter(adapter, Path(path))
            self.adapters[name] = (policy, adapter)

    def policy_for(self, adapter: Path) -> Policy:
        base = base_of(adapter)
        if base not in self.samplers and len(self.samplers) == 1:
            base = next(iter(self.samplers))  # made elsewhere, under another path: `load_adapter` sees whether it fits
        if base not in self.samplers:
            loaded = ", ".join(sorted(self.samplers)) or "none"
            raise ApiError(400, f"lora_path {adapter} is made for {base}. Loaded are: {loaded}", param="lora_path")
        return self.models.loaded[base]

    def unload_lora(self, name: str) -> None:
        with self.naming:
            if name not in self.adapters:
                raise ApiError(404, f"lora_name {name} is not loaded", code="model_not_found", param="lora_name")
            policy, adapter = self.adapters.pop(name)
        policy.unload_adapter(adapter)


def base_of(folder: Path) -> str:
    """The base model that an adapter names."""
    try:
        return str(json.loads((folder / "adapter_config.json").read_bytes())["base_model_name_or_path"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        why = f"lora_path {folder} is not an adapter folder in PEFT's format: {error}"
        raise ApiError(400, why, param="lora_path") from error
