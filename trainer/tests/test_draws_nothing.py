"""A step depends on its inputs alone: whatever was drawn before, and with a model that would drop units."""

import random
from pathlib import Path

import pytest
import torch
from helpers import CONVERSATION, random_samples, write_batch

from steadfast_trainer import train
from steadfast_trainer.adapter import LoraOptions
from steadfast_trainer.batch import read_batch
from steadfast_trainer.checkpoints import files_of, publish
from steadfast_trainer.loss import LossOptions
from steadfast_trainer.policy import Policy
from steadfast_trainer.runs import write_fresh
from steadfast_trainer.tiny_model import make_model, make_tokenizer
from steadfast_trainer.train import StepOptions, train_step

LORA = LoraOptions(4, 8.0, 0, "all-linear")


@pytest.fixture
def dropping(tmp_path: Path) -> Policy:
    """A policy whose base model has dropout in its configuration."""
    torch.manual_seed(0)
    tokenizer = make_tokenizer([CONVERSATION], 400, 256)
    model = make_model(tokenizer, 64, 2, 256)
    model.config.attention_dropout = 0.5
    model.save_pretrained(tmp_path / "model")
    tokenizer.save_pretrained(tmp_path / "model")
    return Policy("dropping", tmp_path / "model", "cpu", 1)


# With the smaller budget every sample's layers are recomputed, which happens in training mode.
@pytest.mark.parametrize("micro_batch_tokens", [4096, 16])
def test_a_step_has_the_same_bits_whatever_was_drawn_before(dropping, tmp_path, micro_batch_tokens):
    options = StepOptions(1e-2, 1.0, 1.0, micro_batch_tokens, LossOptions("dapo", "token", 0.2, 0.28, 0.1, None, 256))
    batch = write_batch(tmp_path, random_samples(4, 60))
    samples = read_batch(batch["path"], batch["sha256"], dropping.vocab, dropping.context)
    (tmp_path / "parent").mkdir()
    write_fresh(tmp_path / "parent", dropping, LORA)
    made = []
    for seed in (1, 2):
        torch.manual_seed(seed)
        random.seed(seed)
        torch.rand(seed)
        before = torch.random.get_rng_state()
        out = tmp_path / f"made-{seed}"
        out.mkdir()
        train_step(dropping, tmp_path / "parent", out, LORA, samples, options)
        assert torch.equal(before, torch.random.get_rng_state()), "the step has drawn"
        made.append({str(p.relative_to(out)): p.read_bytes() for p in files_of(out) if p.name != "timings.json"})
    assert len(made[0]) == 4 and made[0] == made[1]


def test_a_run_that_begins_in_the_middle_of_a_step_has_no_part_in_it(dropping, tmp_path, monkeypatch):
    options = StepOptions(1e-2, 1.0, 1.0, 64, LossOptions("dapo", "token", 0.2, 0.28, 0.0, None, 256))
    batch = write_batch(tmp_path, random_samples(4, 60))
    samples = read_batch(batch["path"], batch["sha256"], dropping.vocab, dropping.context)
    for name in ("parent", "undisturbed", "disturbed", "begun"):
        (tmp_path / name).mkdir()
    write_fresh(tmp_path / "parent", dropping, LORA)
    undisturbed = train_step(dropping, tmp_path / "parent", tmp_path / "undisturbed", LORA, samples, options)
    cut = train.micro_batches

    def cut_late(*arguments):
        write_fresh(tmp_path / "begun", dropping, LoraOptions(8, 16.0, 1, "all-linear"))
        return cut(*arguments)

    monkeypatch.setattr(train, "micro_batches", cut_late)
    disturbed = train_step(dropping, tmp_path / "parent", tmp_path / "disturbed", LORA, samples, options)
    assert disturbed | {"seconds": 0} == undisturbed | {"seconds": 0}
    weights = [tmp_path / name / "adapter" / "adapter_model.safetensors" for name in ("undisturbed", "disturbed")]
    assert weights[0].read_bytes() == weights[1].read_bytes()


def test_what_fails_while_it_is_written_leaves_nothing(tmp_path):
    def write(out: Path) -> None:
        (out / "half").write_text("half")
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError):
        publish(tmp_path, 1, {}, write)
    assert list(tmp_path.iterdir()) == []
