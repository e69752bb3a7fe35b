"""One gradient step: a function of adapter, optimiser state, batch and options, and of nothing else."""

import time
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from torch.utils.checkpoint import checkpoint

from .adapter import TRAINED, LoraOptions, load_optimizer, load_trained, make_optimizer, save_trained
from .batch import Sample
from .checkpoints import TIMINGS, write_json
from .failpoints import failpoint
from .loss import BatchTotals, LossOptions, policy_loss
from .policy import Policy

# What a micro-batch's activations may take, where the caller sets no micro_batch_tokens. A constant, not the machine's
# free memory: how the batch is cut decides the last bits of the gradient.
ACTIVATION_BYTES = 4 * 2**30
# What of it the logits may take, about four float32 rows of the vocabulary a token. More tokens come in chunks.
LOGITS_BYTES = 2**30


@dataclass(frozen=True)
class StepOptions:
    learning_rate: float
    temperature: float
    max_grad_norm: float
    micro_batch_tokens: int | None
    loss: LossOptions


class StepFailed(Exception):
    """The step cannot be made from these inputs, and would fail again."""


def train_step(
    policy: Policy, parent: Path, out: Path, lora: LoraOptions, samples: list[Sample], options: StepOptions
) -> dict:
    """Makes a step on the checkpoint `parent`, writes the new one's files to `out`, and gives the metrics."""
    begun = time.monotonic()
    torch.set_num_threads(policy.threads)
    with policy.lock:
        parameters = load_trained(policy, parent)
    optimizer = make_optimizer(parameters, options.learning_rate)
    load_optimizer(optimizer, parameters, parent)
    totals = BatchTotals(len(samples), sum(sum(s.mask_T) for s in samples))
    budget = options.micro_batch_tokens or default_budget(policy)
    sums: dict[str, float] = {}
    for group in micro_batches(samples, budget):
        # The sampler may run between two micro-batches, never within one: both switch the model's adapter.
        with policy.lock:
            policy.use(TRAINED)
            for key, value in micro_step(policy, group, totals, options, len(group[0].tokens_T) > budget).items():
                sums[key] = sums.get(key, 0.0) + value
        failpoint("step.backward")
    norm = float(torch.nn.utils.clip_grad_norm_(parameters.values(), options.max_grad_norm, foreach=False))
    if not torch.isfinite(torch.tensor(norm)):
        raise StepFailed(f"the gradient's norm is {norm}: the batch's logprobs or advantages are out of proportion")
    optimizer.step()
    failpoint("step.optimised")
    means = {key: value / totals.tokens for key, value in sums.items() if key != "loss"}
    metrics = {"loss": sums["loss"], "grad_norm": norm, **means, **asdict(totals)}
    with policy.lock:
        save_trained(out, policy, lora, parameters, optimizer)
        policy.drop_adapter(TRAINED)
    write_json(out / "metrics.json", metrics)
    seconds = time.monotonic() - begun
    write_json(out / TIMINGS, {"seconds": seconds})
    return metrics | {"seconds": seconds}


def micro_step(
    policy: Policy, samples: list[Sample], totals: BatchTotals, options: StepOptions, recompute: bool
) -> dict[str, float]:
    """Adds the gradient of some samples. Gives their share of the loss, and sums over their tokens of the metrics."""
    longest = max(len(s.tokens_T) for s in samples)

    def padded(rows: list[list], dtype: torch.dtype) -> torch.Tensor:
        return torch.tensor([[*r, *[0] * (longest - len(r))] for r in rows], dtype=dtype, device=policy.device)

    ids_B_T = padded([s.tokens_T for s in samples], torch.long)
    mask_B_T = padded([s.mask_T for s in samples], torch.bool)[:, 1:]
    sampler_B_T = padded([s.logprobs_T for s in samples], torch.float32)[:, 1:]
    advantages_B = torch.tensor([s.advantage for s in samples], dtype=torch.float32, device=policy.device)
    reference_B_T = None
    if options.loss.kl_coefficient > 0:
        with torch.no_grad():
            policy.use(None)
            reference_B_T, _ = token_logprobs(policy, ids_B_T, mask_B_T, options.temperature)
            policy.use(TRAINED)
    policy.recompute(recompute)
    try:
        logprobs_B_T, entropy_B_T = token_logprobs(policy, ids_B_T, mask_B_T, options.temperature)
        loss, ratio_B_T = policy_loss(
            logprobs_B_T, sampler_B_T, mask_B_T.float(), advantages_B, reference_B_T, totals, options.loss
        )
        loss.backward()
    finally:  # memory may run out here, and the sampler needs the model as it was
        policy.recompute(False)

    log_ratio_N = (logprobs_B_T.detach() - sampler_B_T)[mask_B_T]
    ratio_N, gain_N = ratio_B_T[mask_B_T], advantages_B[:, None].expand_as(mask_B_T)[mask_B_T]
    clipped_N = ((ratio_N > 1 + options.loss.clip_high) & (gain_N > 0)) | (
        (ratio_N < 1 - options.loss.clip_low) & (gain_N < 0)
    )
    sums = {
        "loss": loss.detach(),
        "kl": (torch.exp(log_ratio_N) - log_ratio_N - 1).sum(),
        "ratio_mean": ratio_N.sum(),
        "clip_fraction": clipped_N.sum(),
        "entropy": entropy_B_T[mask_B_T].sum(),
        "logprob_difference": log_ratio_N.abs().sum(),
    }
    if options.loss.staleness_bound is not None:
        sums["staleness_capped"] = (torch.exp(log_ratio_N) > options.loss.staleness_bound).sum()
    if reference_B_T is not None:
        distance_N = (reference_B_T - logprobs_B_T.detach())[mask_B_T]
        sums["kl_reference"] = (torch.exp(distance_N) - distance_N - 1).sum()
    return {key: float(value) for key, value in sums.items()}


def token_logprobs(
    policy: Policy, ids_B_T: torch.Tensor, mask_B_T: torch.Tensor, temperature: float
) -> tuple[torch.Tensor, torch.Tensor]:
    """Logprob and entropy of each token in the loss, 0 elsewhere. Only those positions meet the vocabulary."""
    # Padding stands at the end, where the causal mask hides it from every real token.
    hidden_B_T_H = policy.hidden(ids_B_T, use_cache=False)[:, :-1]
    hidden_N_H, tokens_N = hidden_B_T_H[mask_B_T], ids_B_T[:, 1:][mask_B_T]
    at_once = max(1, LOGITS_BYTES // (16 * policy.vocab))
    if len(tokens_N) <= at_once:
        chosen_N, entropy_N = chosen_logprobs(policy, hidden_N_H, tokens_N, temperature)
    else:
        chunks = [
            checkpoint(
                chosen_logprobs, policy, hidden, tokens, temperature, use_reentrant=False, preserve_rng_state=False
            )
            for hidden, tokens in zip(hidden_N_H.split(at_once), tokens_N.split(at_once), strict=True)
        ]
        chosen_N, entropy_N = (torch.cat(parts) for parts in zip(*chunks, strict=True))
    zeros_B_T = torch.zeros(mask_B_T.shape, device=ids_B_T.device)
    return zeros_B_T.masked_scatter(mask_B_T, chosen_N), zeros_B_T.masked_scatter(mask_B_T, entropy_N)


def chosen_logprobs(
    policy: Policy, hidden_N_H: torch.Tensor, tokens_N: torch.Tensor, temperature: float
) -> tuple[torch.Tensor, torch.Tensor]:
    """Logprob of each token where it was chosen, and the entropy there."""
    all_N_V = torch.log_softmax(policy.logits(hidden_N_H) / temperature, dim=-1)
    chosen_N = all_N_V.gather(1, tokens_N[:, None])[:, 0]
    with torch.no_grad():
        entropy_N = -(all_N_V.exp() * all_N_V).sum(-1)
    return chosen_N, entropy_N


def micro_batches(samples: list[Sample], budget: int) -> list[list[Sample]]:
    """Longest first, as many together as their padded tokens fit the budget; a longer sample stands alone."""
    groups: list[list[Sample]] = []
    for sample in sorted(samples, key=lambda s: -len(s.tokens_T)):
        if groups and (len(groups[-1]) + 1) * len(groups[-1][0].tokens_T) <= budget:
            groups[-1].append(sample)
        else:
            groups.append([sample])
    return groups


def default_budget(policy: Policy) -> int:
    """Tokens of a micro-batch by what one costs, about 34 hidden vectors a layer, beside a chunk of logits."""
    config = policy.config
    token_bytes = config.num_hidden_layers * 34 * config.hidden_size * policy.model.dtype.itemsize
    # On a CPU, larger ones fall out of the caches: 4,096 took 2.6 s where 16,384 took 4.4 s.
    most = 4096 if policy.device == "cpu" else 16384
    return min(most, max(512, (ACTIVATION_BYTES - LOGITS_BYTES) // token_bytes))
