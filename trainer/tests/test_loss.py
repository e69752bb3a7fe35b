"""The loss and its gradients equal TRL's GRPOTrainer on the same batch."""

import pytest
import torch
from datasets import Dataset
from helpers import random_samples
from trl import GRPOConfig, GRPOTrainer

from steadfast_trainer.adapter import TRAINED, LoraOptions, fresh_adapter
from steadfast_trainer.batch import Sample
from steadfast_trainer.loss import BatchTotals, LossOptions
from steadfast_trainer.policy import Policy
from steadfast_trainer.train import StepOptions, micro_step, token_logprobs

TEMPERATURE = 0.8
NORMALISER = 48


@pytest.fixture(scope="module")
def trainer(policy: Policy, tmp_path_factory: pytest.TempPathFactory) -> GRPOTrainer:
    parameters = fresh_adapter(policy, LoraOptions(4, 8.0, 0, "all-linear"))
    generator = torch.Generator().manual_seed(1)
    for parameter in parameters.values():
        parameter.data = 0.1 * torch.randn(parameter.shape, generator=generator)
    arguments = GRPOConfig(
        output_dir=str(tmp_path_factory.mktemp("trl")),
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


@pytest.mark.parametrize("bound", [None, 1.5])
@pytest.mark.parametrize("importance", ["token", "sequence"])
@pytest.mark.parametrize("loss", ["grpo", "dapo", "dr_grpo"])
def test_loss_and_gradients_equal_trl(policy, trainer, loss, importance, bound):
    check(policy, trainer, LossOptions(loss, importance, 0.2, 0.28, 0.0, bound, NORMALISER))


def test_kl_to_the_base_model_equals_trl(policy, trainer):
    check(policy, trainer, LossOptions("grpo", "token", 0.2, 0.28, 0.1, None, NORMALISER))


def check(policy: Policy, trainer: GRPOTrainer, options: LossOptions) -> None:
    samples = [read(s) for s in near_policy(policy, random_samples(8, 40))]
    ours, our_gradients = our_loss(policy, samples, options)
    theirs, their_gradients = trl_loss(policy, trainer, samples, options)
    assert ours == pytest.approx(theirs, abs=1e-5)
    for name, gradient in our_gradients.items():
        torch.testing.assert_close(gradient, their_gradients[name], atol=1e-5, rtol=1e-4)
    assert max(g.abs().max() for g in our_gradients.values()) > 1e-4


def read(sample: dict) -> Sample:
    return Sample(sample["tokens"], sample["mask"], sample["logprobs"], sample["advantage"])


def near_policy(policy: Policy, samples: list[dict]) -> list[dict]:
    """Sampler's logprobs around the policy's own, so that some ratios are clipped and others not."""
    policy.use(TRAINED)
    generator = torch.Generator().manual_seed(2)
    for sample in samples:
        ids = torch.tensor([sample["tokens"]])
        mask = torch.tensor([sample["mask"]]).bool()[:, 1:]
        with torch.no_grad():
            logprobs, _ = token_logprobs(policy, ids, mask, TEMPERATURE)
        noisy = logprobs + 0.4 * torch.randn(logprobs.shape, generator=generator) * mask
        sample["logprobs"] = [0.0, *noisy[0].tolist()]
    return samples


def our_loss(policy: Policy, samples: list[Sample], options: LossOptions) -> tuple[float, dict[str, torch.Tensor]]:
    policy.use(TRAINED)
    parameters = policy.adapter_parameters(TRAINED)
    totals = BatchTotals(len(samples), sum(sum(s.mask_T) for s in samples))
    step = StepOptions(0.0, TEMPERATURE, 1.0, None, options)
    # In two micro-batches: their sum must be the loss of the whole.
    loss = sum(micro_step(policy, part, totals, step, recompute=False)["loss"] for part in (samples[:3], samples[3:]))
    return loss, taken_gradients(parameters)


def trl_loss(
    policy: Policy, trainer: GRPOTrainer, samples: list[Sample], options: LossOptions
) -> tuple[float, dict[str, torch.Tensor]]:
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
    trainer.args.steps_per_generation = 1
    loss = trainer._compute_loss(policy.peft, inputs)
    loss.backward()
    return float(loss.detach()), taken_gradients(policy.adapter_parameters(TRAINED))


def taken_gradients(parameters: dict[str, torch.nn.Parameter]) -> dict[str, torch.Tensor]:
    gradients = {name: parameter.grad.clone() for name, parameter in parameters.items()}
    for parameter in parameters.values():
        parameter.grad = None
    return gradients
