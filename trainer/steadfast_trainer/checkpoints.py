"""Checkpoints on disk: step-0012/{adapter/, optimizer.safetensors, metrics.json, timings.json, manifest.json}.

A checkpoint is written beside its place and published by one rename, the manifest last, so it is there whole or not at
all. The manifest holds no times: the same inputs give the same bytes, and its hash names the checkpoint. There is no
random state to keep, as a train step draws nothing.
"""

import fcntl
import hashlib
import json
import os
import secrets
import shutil
from collections.abc import Callable
from pathlib import Path

from .failpoints import failpoint

TIMINGS = "timings.json"  # outside of the manifest, as it differs each time


def step_folder(root: Path, step: int) -> Path:
    return root / f"step-{step:04d}"


def published_steps(root: Path) -> list[int]:
    steps = [int(p.parent.name[5:]) for p in root.glob("step-*/manifest.json") if p.parent.name[5:].isdigit()]
    return sorted(steps)


def read_manifest(root: Path, step: int) -> dict | None:
    try:
        return json.loads((step_folder(root, step) / "manifest.json").read_bytes())
    except FileNotFoundError:
        return None


def manifest_sha256(root: Path, step: int) -> str:
    return sha256_of(step_folder(root, step) / "manifest.json")


def publish(root: Path, step: int, manifest: dict, write: Callable[[Path], None]) -> str:
    """Fills a folder by `write`, adds the manifest, makes it durable, puts it in place. Gives the manifest's hash.

    Whatever fails before the rename leaves nothing. After it the checkpoint counts, whether or not the folder above is
    synced: a machine that loses its power in between has lost the step, which is then made again.
    """
    draft = root / f".step-{step:04d}.draft"
    shutil.rmtree(draft, ignore_errors=True)
    try:
        draft.mkdir(parents=True)
        write(draft)
        files = {str(p.relative_to(draft)): sha256_of(p) for p in files_of(draft) if p.name != TIMINGS}
        write_json(draft / "manifest.json", manifest | {"files": files})
        for path in (*draft.rglob("*"), draft):
            sync(path)
        place = step_folder(root, step)
        if is_whole(place):
            raise FileExistsError(f"{place} is published already")
        set_aside(place)
        failpoint("step.publishing")
        draft.rename(place)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise
    sync(root)
    return manifest_sha256(root, step)


def newest_complete(root: Path) -> int | None:
    """The last step whose files are all as its manifest says. Later, damaged ones are set aside."""
    for step in reversed(published_steps(root)):
        folder = step_folder(root, step)
        if is_whole(folder):
            return step
        set_aside(folder)
    return None


def set_aside(folder: Path) -> None:
    """Keeps a damaged checkpoint, out of the way, for whoever wants to know what happened to it."""
    if folder.exists():
        folder.rename(folder.with_name(f".{folder.name}.damaged-{secrets.token_hex(4)}"))


def is_whole(folder: Path) -> bool:
    """Are all files as the manifest says? An error that does not tell (a share that is away, say) is raised."""
    try:
        files = json.loads((folder / "manifest.json").read_bytes())["files"]
        return all(sha256_of(folder / name) == digest for name, digest in files.items())
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError, ValueError, KeyError, TypeError, AttributeError):
        return False


def sweep(root: Path) -> None:
    """Removes what a server that died left half written or half deleted. Only for the holder of the claim."""
    for left in (*root.glob(".step-*.draft"), *root.glob(".step-*.deleted")):
        shutil.rmtree(left, ignore_errors=True)


def remove(root: Path, step: int) -> None:
    """Deletes a checkpoint; renamed first, so that a half-deleted one is never taken for a whole one."""
    grave = root / f".step-{step:04d}.deleted"
    shutil.rmtree(grave, ignore_errors=True)
    step_folder(root, step).rename(grave)
    shutil.rmtree(grave, ignore_errors=True)


def claim(root: Path) -> int:
    """Takes the folder for this process, as two servers must not publish into it. The system lets go when we die."""
    handle = os.open(root / ".lock", os.O_RDWR | os.O_CREAT, 0o644)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        raise
    return handle


def files_of(folder: Path) -> list[Path]:
    return sorted(p for p in folder.rglob("*") if p.is_file())


def sha256_of(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def write_json(path: Path, value: object) -> None:
    path.write_text(json.dumps(value, indent=1, sort_keys=True) + "\n")


def read_json(path: Path) -> dict:
    return json.loads(path.read_bytes())


def sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
