"""Draws tokens from logits, each row by its own temperature, top_p and random number."""

import torch


def draw(
    logits_N_V: torch.Tensor, temperatures: list[float], top_ps: list[float], uniforms: list[float]
) -> tuple[list[int], list[float]]:
    """One token a row, and its logprob under the row's tempered distribution (untempered where temperature is 0).

    The logprob is taken before top_p cuts the tail off, as the trainer computes it. With top_p below 1 that is not
    the distribution sampled from: sample training data with top_p 1.
    """
    heat_N = torch.tensor(temperatures, device=logits_N_V.device)
    greedy_N = heat_N == 0
    logprobs_N_V = torch.log_softmax(logits_N_V / torch.where(greedy_N, 1.0, heat_N)[:, None], dim=-1)
    probabilities_N_V = logprobs_N_V.exp()
    if min(top_ps) < 1:
        probabilities_N_V = nucleus(probabilities_N_V, torch.tensor(top_ps, device=logits_N_V.device))
    cumulative_N_V = probabilities_N_V.cumsum(dim=-1)
    # Below 1 in float32 too, so that the search never runs past the last token that has a probability.
    uniform_N = torch.tensor(uniforms, device=logits_N_V.device).clamp(max=1 - 2**-24)
    drawn_N = torch.searchsorted(cumulative_N_V, uniform_N[:, None] * cumulative_N_V[:, -1:], right=True)[:, 0]
    drawn_N = drawn_N.clamp(max=logits_N_V.shape[-1] - 1)
    tokens_N = torch.where(greedy_N, logits_N_V.argmax(dim=-1), drawn_N)
    return tokens_N.tolist(), logprobs_N_V.gather(1, tokens_N[:, None])[:, 0].tolist()


def nucleus(probabilities_N_V: torch.Tensor, top_ps_N: torch.Tensor) -> torch.Tensor:
    """Sets to 0 all but the most likely tokens that together reach top_p; the most likely one always stays."""
    ordered_N_V, order_N_V = probabilities_N_V.sort(dim=-1, descending=True, stable=True)
    before_N_V = ordered_N_V.cumsum(dim=-1) - ordered_N_V
    kept_N_V = torch.where(before_N_V < top_ps_N[:, None], ordered_N_V, 0.0)
    return torch.zeros_like(probabilities_N_V).scatter(1, order_N_V, kept_N_V)
