"""A train step that was asked for: its checked request, and its life in the background."""

import logging
from dataclasses import asdict
from pathlib import Path

import torch

from .adapter import LoraOptions
from .batch import Sample, read_batch
from .checkpoints import is_whole, publish, step_folder
from .errors import ApiError
from .fields import Fields
from .loss import LossOptions
from .policy import Policy
from .storage import is_storage
from .train import StepFailed, StepOptions, train_step

log = logging.getLogger("steadfast_trainer")
SHA256 = r"[0-9a-f]{64}"


class Job:
    def __init__(self, step: int, manifest: dict, batch_path: str, options: StepOptions):
        self.step = step
        self.manifest = manifest
        self.batch_path = batch_path
        self.options = options
        self.samples: list[Sample] = []
        self.state = "running"
        self.error: dict | None = None

    def read_samples(self, policy: Policy) -> None:
        self.samples = read_batch(self.batch_path, self.manifest["batch_sha256"], policy.vocab, policy.context)

    def run(self, policy: Policy, root: Path, lora: LoraOptions) -> None:
        """Makes the step and publishes it. A failure is kept as data: the step may be asked for again."""
        parent = step_folder(root, self.step - 1)
        manifest = {**self.manifest, "lora": lora.as_json()}
        try:
            if not is_whole(parent):
                raise StepFailed(f"the checkpoint {parent} is not as its manifest says: its files were changed or lost")
            publish(
                root, self.step, manifest, lambda out: train_step(policy, parent, out, lora, self.samples, self.options)
            )
            self.state = "done"
        except Exception as error:
            log.exception("step %s of run %s failed", self.step, self.manifest["run"])
            self.error = failure(error)
            self.state = "failed"
        self.samples = []


def failure(error: Exception) -> dict:
    """Why a step failed, with what to do about it."""
    text = str(error)
    if isinstance(error, torch.OutOfMemoryError | MemoryError) or "allocate memory" in text:
        return {
            "code": "out_of_memory",
            "message": "out of memory: shorter samples (max_tokens, context_tokens), a smaller lora_rank or, where you"
            f" send the step, options.micro_batch_tokens need less ({text[:200]})",
        }
    if is_storage(error):
        return {"code": "storage", "message": f"a checkpoint could not be read or written: {text}"}
    code = "step_failed" if isinstance(error, StepFailed) else "internal"
    return {"code": code, "message": text or type(error).__name__}


def read_step(run: str, step: int, body: Fields, policy: Policy) -> Job:
    """Checks the body of a step. The options are kept in full in the manifest, defaults included."""
    if step < 1:
        raise ApiError(400, f"step is {step}: expected 1 or more, as step 0 is the fresh adapter", param="step")
    batch = body.object("batch")
    path = batch.text("path", pattern=r"/.*", expected="an absolute path")
    sha256 = batch.text("sha256", pattern=SHA256, expected="64 hexadecimal digits")
    batch.close()
    parent = body.text("parent", pattern=SHA256, expected="the manifest_sha256 of the step before")
    options = read_options(body.object("options"), policy)
    body.close()
    manifest = {
        "format": 1,
        "run": run,
        "base_model": policy.name,
        "step": step,
        "parent": parent,
        "batch_sha256": sha256,
        "options": {**asdict(options), **asdict(options.loss)},
    }
    return Job(step, manifest, path, options)


def read_options(body: Fields, policy: Policy) -> StepOptions:
    options = StepOptions(
        learning_rate=body.number("learning_rate", 1e-5, 0, 1),
        # That of sampling: the logprobs of the batch are of the distribution at that temperature.
        temperature=body.number("temperature", 1.0, 0, 100, above=True),
        max_grad_norm=body.number("max_grad_norm", 1.0, 0, above=True),
        micro_batch_tokens=body.integer("micro_batch_tokens", None, 1),
        loss=LossOptions(
            loss=body.choice("loss", ("grpo", "dapo", "dr_grpo"), "dapo"),
            importance=body.choice("importance", ("token", "sequence"), "token"),
            clip_low=body.number("clip_low", 0.2, 0, 1),
            clip_high=body.number("clip_high", 0.28, 0, 100),
            kl_coefficient=body.number("kl_coefficient", 0.0, 0, 100),
            truncated_importance_bound=body.number("truncated_importance_bound", None, 1),
            normaliser_tokens=body.integer("normaliser_tokens", policy.context, 1),
            staleness_bound=body.number("staleness_bound", None, 1),
        ),
    )
    body.close()
    return options
