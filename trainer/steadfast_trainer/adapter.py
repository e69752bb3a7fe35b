"""LoRA adapters as files: made from a seed, saved and loaded as PEFT folders, the optimiser's state beside them."""

import json
import math
from dataclasses import dataclass
from pathlib import Path

import torch
from peft import LoraConfig
from safetensors.torch import load_file, save_file

from .checkpoints import write_json
from .failpoints import failpoint
from .policy import Policy

OPTIMIZER = "optimizer.safetensors"
TRAINED = "trained"  # the name of the adapter that a train step works on
FRESH = "fresh"  # and of the one that a run begins with, which may be made while another run's step is


@dataclass(frozen=True)
class LoraOptions:
    rank: int
    alpha: float
    seed: int
    target_modules: str | tuple[str, ...]

    def as_json(self) -> dict:
        targets = self.target_modules if isinstance(self.target_modules, str) else list(self.target_modules)
        return {"rank": self.rank, "alpha": self.alpha, "seed": self.seed, "target_modules": targets}

    def config(self) -> LoraConfig:
        return LoraConfig(
            task_type="CAUSAL_LM",
            r=self.rank,
            lora_alpha=self.alpha,
            lora_dropout=0.0,
            target_modules=self.as_json()["target_modules"],
        )


def fresh_adapter(policy: Policy, lora: LoraOptions, name: str = FRESH) -> dict[str, torch.nn.Parameter]:
    """A new adapter that changes nothing yet (B is 0). A is drawn in the order of names from a generator of its own, so
    that the seed alone decides. Hold the policy's lock."""
    policy.add_adapter(name, lora.config(), None)
    generator = torch.Generator().manual_seed(lora.seed)
    parameters = policy.adapter_parameters(name)
    for path, parameter in parameters.items():
        values = torch.zeros(parameter.shape)
        if ".lora_A." in path:
            torch.nn.init.kaiming_uniform_(values, a=math.sqrt(5), generator=generator)
        parameter.data.copy_(values)
    return parameters


def load_trained(policy: Policy, folder: Path) -> dict[str, torch.nn.Parameter]:
    """The adapter of a checkpoint, ready to be trained. Hold the policy's lock."""
    config = LoraConfig.from_pretrained(str(folder / "adapter"), local_files_only=True)
    policy.add_adapter(TRAINED, config, load_file(folder / "adapter" / "adapter_model.safetensors"))
    return policy.adapter_parameters(TRAINED)


def make_optimizer(parameters: dict[str, torch.nn.Parameter], learning_rate: float) -> torch.optim.AdamW:
    # One tensor after the other: the fused forms may sum in another order.
    return torch.optim.AdamW(
        parameters.values(),
        lr=learning_rate,
        betas=(0.9, 0.999),
        eps=1e-8,
        weight_decay=0.0,
        foreach=False,
        fused=False,
    )


def load_optimizer(optimizer: torch.optim.AdamW, parameters: dict[str, torch.nn.Parameter], folder: Path) -> None:
    tensors = load_file(folder / OPTIMIZER)
    if not tensors:
        return  # step 0: nothing was trained yet
    for name, parameter in parameters.items():
        optimizer.state[parameter] = {
            key: tensors[f"{name}/{key}"].to("cpu" if key == "step" else parameter.device)
            for key in ("step", "exp_avg", "exp_avg_sq")
        }


def save_trained(
    folder: Path,
    policy: Policy,
    lora: LoraOptions,
    parameters: dict[str, torch.nn.Parameter],
    optimizer: torch.optim.AdamW,
) -> None:
    """Writes the PEFT folder and the optimiser's state, the same bytes for the same values."""
    (folder / "adapter").mkdir()
    tensors = {name: parameter.detach().cpu().contiguous() for name, parameter in parameters.items()}
    save_file(tensors, folder / "adapter" / "adapter_model.safetensors", metadata={"format": "pt"})
    config = lora.config()
    config.base_model_name_or_path = policy.name
    config.target_modules = sorted({name.split(".lora_")[0].rsplit(".", 1)[-1] for name in parameters})
    config.inference_mode = True
    write_json(folder / "adapter" / "adapter_config.json", json.loads(json.dumps(config.to_dict(), default=sorted)))
    failpoint("step.writing")
    state = {
        f"{name}/{key}": value.detach().cpu().contiguous()
        for name, parameter in parameters.items()
        for key, value in optimizer.state.get(parameter, {}).items()
    }
    save_file(state, folder / OPTIMIZER)
