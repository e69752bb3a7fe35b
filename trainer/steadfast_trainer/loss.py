"""The policy gradient losses, as TRL's GRPOTrainer defines them, on logprobs that were computed elsewhere."""

from dataclasses import dataclass

import torch


@dataclass(frozen=True)
class LossOptions:
    loss: str  # grpo: mean over each sequence; dapo: mean over the batch's tokens; dr_grpo: a constant normaliser
    importance: str  # token, or sequence as in GSPO
    clip_low: float
    clip_high: float
    kl_coefficient: float
    truncated_importance_bound: float | None
    normaliser_tokens: int
    staleness_bound: float | None = None


@dataclass(frozen=True)
class BatchTotals:
    """Of the whole batch, so that the sum over its micro-batches is the loss of the batch."""

    samples: int
    tokens: int


def policy_loss(
    logprobs_B_T: torch.Tensor,
    sampler_B_T: torch.Tensor,
    mask_B_T: torch.Tensor,
    advantages_B: torch.Tensor,
    reference_B_T: torch.Tensor | None,
    totals: BatchTotals,
    options: LossOptions,
) -> tuple[torch.Tensor, torch.Tensor]:
    """This micro-batch's share of the loss, and the importance ratio of each token before any clipping."""
    # Of samples that are some steps old, how far the policy has come since is a constant weight, cut off at the bound;
    # the ratio that is clipped is then of this step alone (decoupled PPO with truncated importance sampling).
    weight_B_T = None
    before_B_T = sampler_B_T
    if options.staleness_bound is not None:
        before_B_T = logprobs_B_T.detach()
        weight_B_T = ((before_B_T - sampler_B_T) * mask_B_T).exp().clamp(max=options.staleness_bound)
    log_ratio_B_T = (logprobs_B_T - before_B_T) * mask_B_T
    lengths_B1 = mask_B_T.sum(-1, keepdim=True)
    if options.importance == "sequence":
        # One ratio a sequence, the geometric mean of its tokens'.
        log_ratio_B_T = (log_ratio_B_T.sum(-1, keepdim=True) / lengths_B1).expand_as(mask_B_T)
    ratio_B_T = log_ratio_B_T.exp()
    clipped_B_T = ratio_B_T.clamp(1 - options.clip_low, 1 + options.clip_high)
    bounded_B_T = ratio_B_T
    if options.truncated_importance_bound is not None:
        # The minimum below leaves a negative advantage's ratio unbounded: a stale sample could blow the step up.
        bounded_B_T = ratio_B_T.clamp(max=options.truncated_importance_bound)
    advantages_B1 = advantages_B[:, None]
    loss_B_T = -torch.min(bounded_B_T * advantages_B1, clipped_B_T * advantages_B1)
    if weight_B_T is not None:
        loss_B_T = loss_B_T * weight_B_T
    if reference_B_T is not None:
        distance_B_T = (reference_B_T - logprobs_B_T) * mask_B_T
        # Weighted by the ratio, as the tokens were drawn by the sampler: unbiased for stale samples too.
        loss_B_T = loss_B_T + options.kl_coefficient * ratio_B_T * (distance_B_T.exp() - distance_B_T - 1)
    loss_B_T = loss_B_T * mask_B_T
    if options.loss == "grpo":
        loss = (loss_B_T / lengths_B1).sum() / totals.samples
    elif options.loss == "dapo":
        loss = loss_B_T.sum() / totals.tokens
    else:
        loss = loss_B_T.sum() / (totals.samples * options.normaliser_tokens)
    return loss, ratio_B_T.detach()
