"""Our loss and gradients beside those of TRL's GRPOTrainer, on the same model and batch."""

from dataclasses import dataclass
from pathlib import Path

import torch
from datasets import Dataset
from trl import GRPOConfig, GRPOTrainer

from steadfast_trainer.adapter import TRAINED, LoraOptions, fresh_adapter
from steadfast_trainer.batch import Sample
from steadfast_trainer.loss import BatchTotals, LossOptions
from steadfast_trainer.policy import Policy
from steadfast_trainer.train import StepOptions, micro_step, token_logprobs

TEMPERATURE = 0.8
NORMALISER = 48
Gradients = dict[str, torch.Tensor]


@dataclass(frozen=True)
class Deviation:
    """Largest absolute differences; the gradients' own largest entry says what the second is worth."""

    loss: float
    gradient: float
    largest: float


def make_trainer(policy: Policy, folder: Path) -> GRPOTrainer:
    """TRL's trainer over the policy, whose adapter holds random numbers: a fresh one has gradients of zero."""
    parameters = fresh_adapter(policy, LoraOptions(4, 8.0, 0, "all-linear"), TRAINED)
    generator = torch.Generator().manual_seed(1)
    for parameter in parameters.values():
        parameter.data = 0.1 * torch.randn(parameter.shape, generator=generator)
    arguments = GRPOConfig(
        output_dir=str(folder),
        max_completion_length=NORMALISER,
        temperature=TEMPERATURE,
        beta=0.0,
        use_cpu=True,
        bf16=False,
        report_to=[],
        gradient_checkpointing=False,
        per_device_train_batch_size=8,
        num_generations=8,
    )
    return GRPOTrainer(
        model=policy.peft,
        args=arguments,
        reward_funcs=lambda completions, **_: [0.0] * len(completions),
        train_dataset=Dataset.from_dict({"prompt": ["a"] * 8}),
        processing_class=policy.tokenizer,
    )


def deviation(ours: tuple[float, Gradients], theirs: tuple[float, Gradients]) -> Deviation:
    (our_loss, our_gradients), (their_loss, their_gradients) = ours, theirs
    assert our_gradients.keys() == their_gradients.keys()
    return Deviation(
        abs(our_loss - their_loss),
        max(float((gradient - their_gradients[name]).abs().max()) for name, gradient in our_gradients.items()),
        max(float(gradient.abs().max()) for gradient in our_gradients.values()),
    )


def near_policy(policy: Policy, samples: list[dict]) -> list[Sample]:
    """Sampler's logprobs around the policy's own, so that some tokens and some sequences are clipped."""
    policy.use(TRAINED)
    generator = torch.Generator().manual_seed(2)
    read = []
    for sample in samples:
        ids = torch.tensor([sample["tokens"]])
        mask = torch.tensor([sample["mask"]]).bool()[:, 1:]
        with torch.no_grad():
            logprobs, _ = token_logprobs(policy, ids, mask, TEMPERATURE)
        noise = 0.4 * torch.randn(logprobs.shape, generator=generator) + 0.5 * torch.randn(1, generator=generator)
        noisy = logprobs + noise * mask
        read.append(Sample(sample["tokens"], sample["mask"], [0.0, *noisy[0].tolist()], sample["advantage"]))
    return read


def our_loss(
    policy: Policy, parts: list[list[Sample]], options: LossOptions, recompute: bool = False
) -> tuple[float, Gradients]:
    """The step's own code, a micro-batch for each part: their sum must be the loss of the whole."""
    policy.use(TRAINED)
    samples = [sample for part in parts for sample in part]
    totals = BatchTotals(len(samples), sum(sum(s.mask_T) for s in samples))
    step = StepOptions(0.0, TEMPERATURE, 1.0, None, options)
    loss = sum(micro_step(policy, part, totals, step, recompute)["loss"] for part in parts)
    return loss, taken_gradients(policy)


def trl_loss(
    policy: Policy, trainer: GRPOTrainer, samples: list[Sample], options: LossOptions
) -> tuple[float, Gradients]:
    trainer.loss_type, trainer.importance_sampling_level = options.loss, options.importance
    trainer.epsilon_low, trainer.epsilon_high = options.clip_low, options.clip_high
    trainer.beta, trainer.args.delta = options.kl_coefficient, options.truncated_importance_bound
    trainer.current_gradient_accumulation_steps = 1
    prompts = [s.mask_T.index(1) for s in samples]
    left, right = max(prompts), max(len(s.tokens_T) - p for s, p in zip(samples, prompts, strict=True))

    def padded(values: list[list], cut_left: bool) -> torch.Tensor:
        if cut_left:
            return torch.tensor([[0] * (left - p) + v[:p] for v, p in zip(values, prompts, strict=True)])
        return torch.tensor([v[p:] + [0] * (right - len(v) + p) for v, p in zip(values, prompts, strict=True)])

    ids = [s.tokens_T for s in samples]
    ones = [[1] * len(s.tokens_T) for s in samples]
    inputs = {
        "prompt_ids": padded(ids, True),
        "prompt_mask": padded(ones, True),
        "completion_ids": padded(ids, False),
        "completion_mask": padded(ones, False),
        "tool_mask": padded([s.mask_T for s in samples], False),
        "advantages": torch.tensor([s.advantage for s in samples]),
        "old_per_token_logps": padded([s.logprobs_T for s in samples], False),
        "num_items_in_batch": torch.tensor(sum(sum(s.mask_T) for s in samples)),
    }
    policy.peft.eval()
    attention = torch.cat([inputs["prompt_mask"], inputs["completion_mask"]], 1)
    tokens = torch.cat([inputs["prompt_ids"], inputs["completion_ids"]], 1)
    if options.kl_coefficient:
        with torch.no_grad(), policy.peft.disable_adapter():
            reference = trainer._get_per_token_logps_and_entropies(policy.peft, tokens, attention, right)
        inputs["ref_per_token_logps"] = reference[0]
        policy.active = "?"
        policy.use(TRAINED)
    trainer.use_vllm = options.staleness_bound is not None
    if options.staleness_bound is not None:
        with torch.no_grad():
            now = trainer._get_per_token_logps_and_entropies(policy.peft, tokens, attention, right)[0]
        drift = torch.exp(now - inputs.pop("old_per_token_logps"))
        inputs["importance_sampling_ratio"] = drift.clamp(max=options.staleness_bound)
    trainer.args.steps_per_generation = 1
    loss = trainer._compute_loss(policy.peft, inputs)
    loss.backward()
    return float(loss.detach()), taken_gradients(policy)


def taken_gradients(policy: Policy) -> Gradients:
    parameters = policy.adapter_parameters(TRAINED)
    gradients = {name: parameter.grad.clone() for name, parameter in parameters.items()}
    for parameter in parameters.values():
        parameter.grad = None
    return gradients
