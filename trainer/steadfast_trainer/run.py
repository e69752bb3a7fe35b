"""One run: its chain of checkpoints on disk, and its steps in the making. All that outlives the process is on disk."""

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from . import checkpoints
from .adapter import LoraOptions
from .checkpoints import manifest_sha256, published_steps, read_manifest, step_folder
from .errors import ApiError
from .failpoints import failpoint
from .fields import Fields
from .policy import Policy
from .step_jobs import Job, read_step


class Run:
    """One run that a client opened. Its steps are made one at a time, in the order asked for."""

    def __init__(self, name: str, policy: Policy, root: Path, lora: LoraOptions, trainer: ThreadPoolExecutor):
        self.name = name
        self.policy = policy
        self.base_model = policy.name
        self.root = root
        self.lora = lora
        self.trainer = trainer
        self.jobs: dict[int, Job] = {}
        self.guard = threading.Lock()

    def steps(self) -> list[int]:
        return published_steps(self.root)

    def summary(self) -> dict:
        step = self.steps()[-1]
        return {
            "run": self.name,
            "base_model": self.base_model,
            "step": step,
            "manifest_sha256": manifest_sha256(self.root, step),
        }

    def adapter_folder(self, step: int) -> Path | None:
        folder = step_folder(self.root, step) / "adapter"
        return folder if folder.is_dir() else None

    # --- steps -------------------------------------------------------------------

    def put_step(self, step: int, body: Fields) -> dict:
        """Starts a step, or says how the same one stands. Another step under the same number is a conflict."""
        job = read_step(self.name, step, body, self.policy)
        with self.guard:
            # In this order: a step that is published in between is then seen on disk.
            running = self.jobs[step].manifest if self.is_running(step) else None
            known = read_manifest(self.root, step) or running
            if known is not None:
                self.refuse_conflict(step, known, job.manifest)
                return self.step_state(step)
            self.refuse_unknown_parent(step, job.manifest["parent"])
            job.read_samples(self.policy)
            self.jobs[step] = job
            failpoint("step.received")
            self.trainer.submit(job.run, self.policy, self.root, self.lora)
        return self.step_state(step)

    def is_running(self, step: int) -> bool:
        return step in self.jobs and self.jobs[step].state == "running"

    def refuse_conflict(self, step: int, known: dict, asked: dict) -> None:
        for key in ("batch_sha256", "parent", "options"):
            if known.get(key) != asked[key]:
                stands = f"step {step} of run {self.name} is made or being made"
                why = f"{key} is {asked[key]}: {stands} with {known.get(key)}"
                raise ApiError(409, why, code="step_conflict", param=key)

    def refuse_unknown_parent(self, step: int, parent: str) -> None:
        if step <= self.steps()[-1]:
            why = f"step {step} of run {self.name} was made and its checkpoint deleted"
            raise ApiError(409, why, code="step_deleted", param="step")
        if read_manifest(self.root, step - 1) is None:
            last = self.steps()[-1]
            why = f"step {step} builds on step {step - 1}, which run {self.name} does not have: its last one is {last}"
            raise ApiError(404, why, code="parent_not_found", param="parent")
        found = manifest_sha256(self.root, step - 1)
        if found != parent:
            why = f"parent is {parent}: step {step - 1} of run {self.name} has the manifest {found}"
            raise ApiError(404, why, code="parent_not_found", param="parent")

    def step_state(self, step: int) -> dict:
        # The job is read before the disk: a step that is published in between is then seen there.
        job = self.jobs.get(step)
        state, error = (job.state, job.error) if job else ("", None)
        if read_manifest(self.root, step) is not None:
            failpoint("step.reply")
            return {"state": "done", "result": self.result(step), "error": None}
        if state not in ("running", "failed"):
            raise ApiError(404, f"run {self.name} has no step {step}", code="step_not_found", param="step")
        return {"state": state, "result": None, "error": error}

    def result(self, step: int) -> dict:
        folder = step_folder(self.root, step)
        metrics = checkpoints.read_json(folder / "metrics.json") | checkpoints.read_json(folder / checkpoints.TIMINGS)
        return {
            "step": step,
            "manifest_sha256": manifest_sha256(self.root, step),
            "model": f"{self.name}@{step}",
            "metrics": metrics,
        }

    # --- checkpoints ----------------------------------------------------------------

    def checkpoints(self) -> list[dict]:
        entries = []
        for step in self.steps():
            files = checkpoints.files_of(step_folder(self.root, step))
            manifest = read_manifest(self.root, step) or {}
            entries.append(
                {
                    "step": step,
                    "model": f"{self.name}@{step}",
                    "manifest_sha256": manifest_sha256(self.root, step),
                    "parent": manifest.get("parent"),
                    "bytes": sum(file.stat().st_size for file in files),
                }
            )
        return entries

    def delete(self, step: int) -> None:
        with self.guard:
            steps = self.steps()
            if step not in steps:
                raise ApiError(404, f"run {self.name} has no checkpoint {step}", code="step_not_found", param="step")
            if step == steps[-1]:
                why = f"checkpoint {step} is the last of run {self.name}, which goes on from it: it is not deleted"
                raise ApiError(409, why, code="last_checkpoint", param="step")
            checkpoints.remove(self.root, step)
