"""The batch file of a train step: read, compared with its hash, checked field by field."""

import hashlib
import json
import math
from dataclasses import dataclass
from pathlib import Path

from .errors import ApiError
from .fields import REQUIRED, Fields


@dataclass(frozen=True)
class Sample:
    """A stretch of one rollout. mask is 1 on the policy's own tokens; logprobs are the sampler's, 0 elsewhere."""

    tokens_T: list[int]
    mask_T: list[int]
    logprobs_T: list[float]
    advantage: float


def read_batch(path: str, sha256: str, vocab: int, context: int) -> list[Sample]:
    try:
        data = Path(path).read_bytes()
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError, PermissionError) as error:
        raise ApiError(400, f"batch.path {path} cannot be read: {error.strerror}", param="batch.path") from error
    except OSError as error:  # a share that is away for a moment, too many open files: not the batch's fault
        raise ApiError(503, f"batch.path {path} cannot be read now: {error.strerror}", code="storage") from error
    found = hashlib.sha256(data).hexdigest()
    if found != sha256:
        raise ApiError(400, f"batch.sha256 is {sha256}, and the file {path} has {found}", param="batch.sha256")
    try:
        body = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise ApiError(422, f"the batch file is not JSON: {error}", param="batch.path") from error
    samples = Fields(body, status=422).array("samples", REQUIRED, "a non-empty list of samples")
    if not samples:
        raise ApiError(422, "samples is []: expected a non-empty list of samples", code="empty_batch", param="samples")
    return [read_sample(Fields(sample, f"samples.{i}.", 422), vocab, context) for i, sample in enumerate(samples)]


def read_sample(sample: Fields, vocab: int, context: int) -> Sample:
    tokens = sample.array("tokens")
    if not 2 <= len(tokens) <= context:
        raise sized(sample, "tokens", len(tokens), f"2 to {context} tokens, the model's context")
    if not all(type(token) is int and 0 <= token < vocab for token in tokens):
        raise sample.refuse("tokens", f"token ids from 0 to {vocab - 1}")
    mask, logprobs = sample.array("mask"), sample.array("logprobs")
    for name, values in (("mask", mask), ("logprobs", logprobs)):
        if len(values) != len(tokens):
            raise sized(sample, name, len(values), f"{len(tokens)} entries, one a token")
    if not all(type(bit) is int and bit in (0, 1) for bit in mask):
        raise sample.refuse("mask", "0 or 1 a token")
    if mask[0] or not any(mask):
        raise sample.refuse("mask", "0 for the first token, as nothing predicts it, and at least one 1")
    if not all(type(p) in (int, float) and math.isfinite(p) and p <= 1e-4 for p in logprobs):
        raise sample.refuse("logprobs", "finite numbers of at most 0")
    advantage = sample.number("advantage", REQUIRED, -1e6, 1e6)
    sample.text("rollout", "", r"(?s).*", "a string")
    sample.integer("group", None, 0)
    sample.close()
    return Sample(tokens, mask, [float(p) for p in logprobs], advantage)


def sized(sample: Fields, name: str, length: int, expected: str) -> ApiError:
    path = sample.where + name
    return ApiError(422, f"{path} has {length} entries: expected {expected}", code="invalid_value", param=path)
