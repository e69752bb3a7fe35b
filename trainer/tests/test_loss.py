"""The loss and its gradients equal TRL's GRPOTrainer on the same batch, for every option and however the batch is cut.

`pytest tests/test_loss.py --table` writes what was found to docs/parity.md.
"""

import itertools
from pathlib import Path

import pytest
from helpers import random_samples
from trl_parity import NORMALISER, Deviation, deviation, make_trainer, near_policy, our_loss, trl_loss

from steadfast_trainer import train
from steadfast_trainer.loss import LossOptions

TABLE = Path(__file__).parents[2] / "docs" / "parity.md"
MARK = "<!-- table: pytest tests/test_loss.py --table -->\n"
CLOSE = 1e-5

BATCHES = {
    # A fifth of each sample's tokens after the prompt are the environment's: several turns.
    "8 ragged": random_samples(8, 40),
    "1 long, 7 short": [*random_samples(1, 160, seed=3), *random_samples(7, 12, seed=4)],
    "1 token each": [s | {"mask": [0] * (len(s["mask"]) - 1) + [1]} for s in random_samples(4, 20, seed=5)],
}
OPTIONS = [
    LossOptions(loss, importance, *clip, kl, bound, NORMALISER)
    for loss, importance, clip, kl, bound in itertools.product(
        ("grpo", "dapo", "dr_grpo"), ("token", "sequence"), ((0.2, 0.28), (0.1, 0.4)), (0.0, 0.1), (None, 1.5)
    )
]
# Of samples that are some steps old the ratio is 1: clip and bound have no part in it.
STALE = [
    LossOptions(loss, importance, 0.2, 0.28, kl, None, NORMALISER, 1.3)
    for loss, importance, kl in itertools.product(("grpo", "dapo", "dr_grpo"), ("token", "sequence"), (0.0, 0.1))
]
# However a batch is cut into micro-batches, and whether its activations are made again.
CUTS = {
    "whole": lambda s: ([s], False),
    "3 + 5": lambda s: ([s[:3], s[3:]], False),
    "one by one": lambda s: ([[one] for one in s], False),
    "recomputed": lambda s: ([s], True),
}


@pytest.fixture(scope="module")
def trainer(policy, tmp_path_factory):
    return make_trainer(policy, tmp_path_factory.mktemp("trl"))


@pytest.fixture(scope="module")
def found(request):
    """Collects a row for each option; written to the table where that was asked for."""
    rows: dict[LossOptions, Deviation] = {}
    yield rows
    if request.config.getoption("--table"):
        TABLE.write_text(TABLE.read_text().split(MARK)[0] + MARK + "\n" + "\n".join(table(rows)) + "\n")


@pytest.mark.parametrize("options", [*OPTIONS, *STALE], ids=str)
def test_loss_and_gradients_equal_trl(policy, trainer, found, options):
    worst = Deviation(0.0, 0.0, 0.0)
    for batch in BATCHES.values():
        samples = near_policy(policy, batch)
        ours = our_loss(policy, [samples[:3], samples[3:]], options)
        seen = deviation(ours, trl_loss(policy, trainer, samples, options))
        assert seen.largest > 1e-4
        worst = Deviation(*(max(pair) for pair in zip(vars(worst).values(), vars(seen).values(), strict=True)))
    found[options] = worst
    assert worst.loss <= CLOSE and worst.gradient <= CLOSE


def test_every_option_has_an_effect(policy, trainer):
    samples = near_policy(policy, BATCHES["8 ragged"])
    # The level of importance shows in the gradient alone where the ratio is 1.
    tried = [*OPTIONS, *(options for options in STALE if options.importance == "token")]
    losses = {f"{our_loss(policy, [samples], options)[0]:.9f}" for options in tried}
    assert len(losses) == len(tried)


@pytest.mark.parametrize("cut", list(CUTS))
@pytest.mark.parametrize("loss", ["grpo", "dapo", "dr_grpo"])
def test_how_a_batch_is_cut_changes_nothing(policy, trainer, loss, cut):
    options = LossOptions(loss, "token", 0.2, 0.28, 0.1, None, NORMALISER)
    for batch in BATCHES.values():
        samples = near_policy(policy, batch)
        parts, recompute = CUTS[cut](samples)
        seen = deviation(our_loss(policy, parts, options, recompute), our_loss(policy, [samples], options))
        assert seen.loss <= CLOSE and seen.gradient <= CLOSE


@pytest.mark.parametrize(("recompute", "forwards"), [(False, 1), (True, 2)])
def test_recomputing_makes_the_layers_again(policy, trainer, recompute, forwards):
    samples = near_policy(policy, BATCHES["8 ragged"])
    made = []
    # Inside a layer, as what is recomputed is its forward and no hook of its own.
    hook = policy.model.get_decoder().layers[0].mlp.register_forward_pre_hook(lambda *_: made.append(1))
    our_loss(policy, [samples], OPTIONS[0], recompute)
    hook.remove()
    assert len(made) == forwards


@pytest.mark.parametrize("options", [OPTIONS[0], OPTIONS[2]], ids=str)
def test_logits_come_in_chunks_where_they_are_many(policy, trainer, monkeypatch, options):
    samples = near_policy(policy, BATCHES["8 ragged"])
    rows, logits = [], policy.logits

    def counted(hidden_N_H):
        rows.append(len(hidden_N_H))
        return logits(hidden_N_H)

    monkeypatch.setattr(policy, "logits", counted)
    whole = our_loss(policy, [samples], options)
    tokens = sum(sum(s.mask_T) for s in samples)
    reference = options.kl_coefficient > 0
    assert rows == [tokens] * (1 + reference)

    rows.clear()
    monkeypatch.setattr(train, "LOGITS_BYTES", 16 * policy.vocab * 10)
    seen = deviation(our_loss(policy, [samples], options), whole)
    assert seen.loss <= CLOSE and seen.gradient <= CLOSE
    # Once forward, once more backward.
    assert max(rows) == 10 and sum(rows) == tokens * (2 + reference)


def test_the_committed_table_is_of_these_options(request):
    if request.config.getoption("--table"):
        return  # it is about to be written
    rows = [line.split("|")[1:7] for line in TABLE.read_text().split(MARK)[1].strip().splitlines()[2:]]
    assert [[cell.strip() for cell in row] for row in rows] == [cells(options) for options in (*OPTIONS, *STALE)]


def table(rows: dict[LossOptions, Deviation]) -> list[str]:
    head = [
        "loss",
        "importance",
        "clip",
        "KL",
        "bound",
        "staleness",
        "loss differs by",
        "gradients differ by",
        "of at most",
    ]
    body = [
        [*cells(options), *(f"{value:.0e}" for value in (seen.loss, seen.gradient, seen.largest))]
        for options, seen in rows.items()
    ]
    lines = [head, ["-" * len(cell) for cell in head], *body]
    return [f"| {' | '.join(line)} |" for line in lines]


def cells(options: LossOptions) -> list[str]:
    clip = f"{options.clip_low} / {options.clip_high}"
    bound = "none" if options.truncated_importance_bound is None else str(options.truncated_importance_bound)
    stale = "none" if options.staleness_bound is None else str(options.staleness_bound)
    return [options.loss, options.importance, clip, str(options.kl_coefficient), bound, stale]
