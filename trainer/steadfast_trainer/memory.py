"""Is there room for a model? Answered from its files' sizes, before it is loaded."""

import json
from pathlib import Path

import psutil
import torch

from .errors import ApiError

# A loaded model also needs room for its own work: activations, the key-value cache, the allocator's rest.
HEADROOM = 1.15


def available_bytes(device: str) -> int:
    """Free memory of the device: what the machine has left, or the container's limit where that is tighter."""
    if device.startswith("cuda"):
        return torch.cuda.mem_get_info()[0]
    available = psutil.virtual_memory().available
    group = Path("/sys/fs/cgroup")
    try:
        limit = (group / "memory.max").read_text().strip()
        if limit != "max":
            available = min(available, int(limit) - int((group / "memory.current").read_text()))
    except (OSError, ValueError):
        pass  # no cgroup of version 2: the machine's figure holds
    return max(0, available)


def stored_parameters(folder: Path) -> tuple[int, int]:
    """Parameters and bytes of a model's safetensors files, read from their headers."""
    parameters = size = 0
    for file in sorted(folder.glob("*.safetensors")):
        with file.open("rb") as stream:
            length = int.from_bytes(stream.read(8), "little")
            if length > file.stat().st_size:
                raise ValueError(f"{file.name} is cut short or no safetensors file")
            header = json.loads(stream.read(length))
        header.pop("__metadata__", None)
        for tensor in header.values():
            begin, end = tensor["data_offsets"]
            size += end - begin
            count = 1
            for length in tensor["shape"]:
                count *= length
            parameters += count
    return parameters, size


def check_room(name: str, folder: Path, device: str) -> None:
    parameters, size = stored_parameters(folder)
    wanted, available = int(size * HEADROOM), available_bytes(device)
    if wanted > available:
        raise ApiError(
            507,
            f"model {name} does not fit: {parameters:,} parameters x {size / parameters:.1f} bytes, with room to work "
            f"in, want {wanted / 2**30:.1f} GiB, and {device} has {available / 2**30:.1f} GiB free. "
            "Choose a smaller model, or give the machine more memory.",
            code="out_of_memory",
            param="model",
        )
