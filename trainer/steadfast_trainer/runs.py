"""The runs that clients opened, each from its newest complete checkpoint or anew."""

import os
import re
import shutil
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from . import checkpoints
from .adapter import FRESH, OPTIMIZER, LoraOptions, fresh_adapter, make_optimizer, save_trained
from .checkpoints import newest_complete, publish, read_manifest
from .errors import ApiError
from .fields import Fields
from .policy import Policy
from .run import Run
from .storage import is_storage

NAME = r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}"


class Runs:
    def __init__(self, load: Callable[[str], Policy]):
        self.load = load
        self.open_runs: dict[str, Run] = {}
        self.opening = threading.Lock()
        # One thread: steps of all runs are made one after the other.
        self.trainer = ThreadPoolExecutor(max_workers=1, thread_name_prefix="trainer")

    def get(self, name: str) -> Run:
        if name not in self.open_runs:
            why = f"run {name} is not open: PUT /v1/runs/{name} opens it"
            raise ApiError(404, why, code="run_not_found", param="run")
        return self.open_runs[name]

    def open(self, name: str, body: Fields) -> dict:
        """Opens a run, from its newest complete checkpoint or anew. The same body again changes nothing."""
        if not re.fullmatch(NAME, name):
            raise ApiError(400, f"run is {name!r}: expected letters, digits, dots, dashes and underscores", param="run")
        base_model = body.text("base_model")
        root = Path(body.text("checkpoint_dir", pattern=r"/.*", expected="an absolute path"))
        lora = read_lora(body.object("lora", {}))
        source = read_source(body)
        body.close()
        with self.opening:
            if name in self.open_runs:
                run = self.open_runs[name]
                asked = {"base_model": base_model, "checkpoint_dir": str(root), "lora": lora}
                self.refuse_other(
                    name, {"base_model": run.base_model, "checkpoint_dir": str(run.root), "lora": run.lora}, asked
                )
                return run.summary()
            policy = self.load(base_model)
            try:
                root.mkdir(parents=True, exist_ok=True)
                claimed = checkpoints.claim(root)
            except BlockingIOError as error:
                why = f"checkpoint_dir {root} is in use by another run or another server that is still alive"
                raise ApiError(409, why, code="run_in_use", param="checkpoint_dir") from error
            except OSError as error:
                raise unusable(root, error) from error
            run = Run(name, policy, root, lora, self.trainer)
            try:
                self.start(run, source)
            except BaseException as error:
                os.close(claimed)
                if isinstance(error, OSError) or is_storage(error):
                    raise unusable(root, error) from error
                raise
            self.open_runs[name] = run
            return run.summary()

    def start(self, run: Run, source: Path | None) -> None:
        """Finds the run's newest complete checkpoint, or makes its step 0: anew, or as a copy of another run's step."""
        head = {"run": run.name, "base_model": run.base_model, "lora": run.lora.as_json()}
        checkpoints.sweep(run.root)
        newest = newest_complete(run.root)
        if newest is not None:
            self.refuse_other(run.name, {key: (read_manifest(run.root, newest) or {}).get(key) for key in head}, head)
            return
        manifest = {"format": 1, **head, "step": 0, "parent": None}
        if source is None:
            publish(run.root, 0, manifest, lambda out: write_fresh(out, run.policy, run.lora))
            return
        begun = begin_at(source, head)
        publish(run.root, 0, manifest | {"from": begun}, lambda out: write_copy(out, source))

    def refuse_other(self, name: str, known: dict, asked: dict) -> None:
        for key, value in asked.items():
            if known[key] != value:
                why = f"{key} is {value}: run {name} was opened with {known[key]}"
                raise ApiError(409, why, code="run_conflict", param=key)


def unusable(root: Path, error: BaseException) -> ApiError:
    why = f"checkpoint_dir {root} cannot be used: {error}"
    if is_storage(error):
        return ApiError(507, why, code="storage", param="checkpoint_dir")
    return ApiError(400, why, param="checkpoint_dir")


def read_lora(body: Fields) -> LoraOptions:
    targets = body.get("target_modules", "all-linear", "all-linear or a list of module names")
    if targets != "all-linear":
        if not isinstance(targets, list) or not targets or not all(isinstance(t, str) and t for t in targets):
            raise body.refuse("target_modules", "all-linear or a list of module names")
        targets = tuple(sorted(targets))
    rank = body.integer("rank", 32, 1, 1024)
    options = LoraOptions(rank, body.number("alpha", 2.0 * rank, 0, above=True), body.integer("seed", 0, 0), targets)
    body.close()
    return options


def read_source(body: Fields) -> Path | None:
    """The checkpoint folder that a new run begins at; it says nothing to a run that has begun."""
    folder = body.text("from", None, pattern=r"/.*", expected="the absolute path of a checkpoint")
    return None if folder is None else Path(folder)


def begin_at(source: Path, head: dict) -> dict:
    """What a run says of the checkpoint that it begins at. Weights of another model or shape are refused."""
    try:
        whole = checkpoints.is_whole(source)
    except PermissionError as error:
        raise ApiError(400, f"from is {source}: expected a checkpoint to read: {error}", param="from") from error
    if not whole:
        raise ApiError(
            400, f"from is {source}: expected a checkpoint whose files are as its manifest says", param="from"
        )
    if not (source / OPTIMIZER).is_file():
        why = "which a step behind a Tinker server leaves with that server"
        raise ApiError(400, f"from is {source}: expected a checkpoint with the optimiser's state, {why}", param="from")
    known = checkpoints.read_json(source / "manifest.json")
    found = shape_of(known)
    for key, asked in shape_of(head).items():
        if found[key] != asked:
            why = f"{key} is {asked}: the checkpoint {source} has {found[key]}"
            raise ApiError(409, why, code="run_conflict", param=key)
    return {
        "run": known["run"],
        "step": known["step"],
        "manifest_sha256": checkpoints.sha256_of(source / "manifest.json"),
    }


def shape_of(manifest: dict) -> dict:
    """What weights must have in common to be of one kind. A seed draws fresh ones, and says nothing of trained ones."""
    lora = {key: value for key, value in manifest["lora"].items() if key != "seed"}
    return {"base_model": manifest["base_model"], "lora": lora}


def write_copy(out: Path, source: Path) -> None:
    shutil.copytree(source / "adapter", out / "adapter")
    shutil.copyfile(source / OPTIMIZER, out / OPTIMIZER)
    checkpoints.write_json(out / "metrics.json", {})
    checkpoints.write_json(out / checkpoints.TIMINGS, {})


def write_fresh(out: Path, policy: Policy, lora: LoraOptions) -> None:
    with policy.lock:
        try:
            parameters = fresh_adapter(policy, lora)
        except ValueError as error:  # peft found none of the named modules
            raise ApiError(400, f"lora.target_modules: {error}", param="lora.target_modules") from error
        save_trained(out, policy, lora, parameters, make_optimizer(parameters, 0.0))
        policy.drop_adapter(FRESH)
    checkpoints.write_json(out / "metrics.json", {})
    checkpoints.write_json(out / checkpoints.TIMINGS, {})
