"""The same seed gives the same bits in any company, and the trainer finds the same logprobs."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import torch
from helpers import random_samples, write_batch

from steadfast_trainer.draw import draw
from steadfast_trainer.kv_cache import SlotCache
from steadfast_trainer.sampler import PATIENCE_SECONDS, Row, Sampler
from steadfast_trainer.train import token_logprobs


def ask(server, model: str, i: int, **options) -> dict:
    body = {
        "model": model,
        "messages": [{"role": "user", "content": f"say {'so ' * (i % 40)}{i}"}],
        "seed": i,
        "max_tokens": 20 + i,
        "logprobs": True,
        "return_token_ids": True,
        **options,
    }
    answer = server.http.post("/v1/chat/completions", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


def bits(answer: dict) -> tuple[list[int], list[float]]:
    choice = answer["choices"][0]
    return choice["token_ids"], [entry["logprob"] for entry in choice["logprobs"]["content"]]


def trained(server, model_folder: Path, folder: Path) -> str:
    """An adapter that changes the model: a fresh one has a B of zeros."""
    body = {
        "batch": write_batch(folder, random_samples(8, 60)),
        "parent": server.open_run("company", model_folder, folder / "run", rank=8),
        "options": {"learning_rate": 0.1},
    }
    server.http.put("/v1/runs/company/steps/1", json=body)
    return server.finished("company", 1)["result"]["model"]


@pytest.mark.parametrize("adapter", [False, True])
def test_company_changes_no_bit(server, model_folder, tmp_path, adapter):
    model = str(model_folder)
    if adapter:
        model = trained(server, model_folder, tmp_path)
        assert bits(ask(server, model, 3)) != bits(ask(server, str(model_folder), 3))
    alone = [bits(ask(server, model, i)) for i in (0, 3, 70)]
    with ThreadPoolExecutor(96) as pool:
        together = list(pool.map(lambda i: bits(ask(server, model, i)), range(96)))
    assert [together[i] for i in (0, 3, 70)] == alone
    assert len({tuple(tokens) for tokens, _ in together}) > 90


@pytest.mark.parametrize("temperature", [1.0, 0.7])
def test_trainer_finds_the_samplers_logprobs(server, policy, model_folder, temperature):
    answer = ask(server, str(model_folder), 50, temperature=temperature)
    tokens, logprobs = bits(answer)
    prompt = answer["prompt_token_ids"]
    mask = torch.tensor([[0] * len(prompt) + [1] * len(tokens)]).bool()[:, 1:]
    policy.use(None)
    with torch.no_grad():
        found, _ = token_logprobs(policy, torch.tensor([prompt + tokens]), mask, temperature)
    torch.testing.assert_close(found[mask], torch.tensor(logprobs), atol=1e-4, rtol=0)


def test_temperature_zero_takes_the_likeliest(server, model_folder):
    first = bits(ask(server, str(model_folder), 7, temperature=0))
    assert first == bits(ask(server, str(model_folder), 7, temperature=0, seed=123))


def test_draws_follow_the_distribution():
    logits = torch.tensor([2.0, 1.0, 0.0, -1.0]).expand(4000, 4)
    uniforms = torch.rand(4000, generator=torch.Generator().manual_seed(0)).tolist()
    tokens, _ = draw(logits, [2.0] * 4000, [1.0] * 4000, uniforms)
    found = torch.bincount(torch.tensor(tokens), minlength=4) / 4000
    torch.testing.assert_close(found, torch.softmax(logits[0] / 2, -1), atol=0.03, rtol=0)
    tokens, _ = draw(logits, [2.0] * 4000, [0.5] * 4000, uniforms)
    assert set(tokens) == {0, 1}
    tokens, _ = draw(logits[:2], [1.0, 1.0], [1.0, 1e-9], [1 - 1e-12, 1 - 1e-12])
    assert tokens == [3, 0]


# -----------------------------------------------------------------------------
# The decode loop, driven by hand


@pytest.fixture
def sampler(policy, monkeypatch) -> Sampler:
    """Its cache has room for four rows of 100 tokens."""
    monkeypatch.setattr(Sampler, "run", lambda self: None)
    config = policy.config
    token_bytes = 2 * config.num_hidden_layers * config.num_key_value_heads * config.head_dim * 4
    return Sampler(policy, 4 * 100 * token_bytes)


def row(length: int, seed: int = 0, max_tokens: int = 10) -> Row:
    return Row([7 + seed] * length, None, max_tokens, 1.0, 1.0, seed, lambda tokens: False)


def test_a_long_request_is_not_overtaken_for_ever(sampler, monkeypatch):
    monkeypatch.setattr(sampler, "prefill", lambda rows: sampler.live.extend(rows))
    sampler.live, long, early, late = [row(60)], row(290), row(60), row(60)
    sampler.submit(long)
    sampler.submit(early)
    sampler.admit()
    assert any(live is early for live in sampler.live)
    long.asked -= PATIENCE_SECONDS + 1
    sampler.submit(late)
    sampler.admit()
    assert list(map(id, sampler.queue)) == [id(long), id(late)]
    sampler.live.clear()
    sampler.admit()
    assert list(map(id, sampler.live)) == [id(long)]


@torch.no_grad()
def sampled(sampler: Sampler, *rows: Row) -> None:
    for each in rows:
        sampler.submit(each)
    sampler.admit()
    while not all(each.future.done() for each in rows):
        sampler.decode()


def test_a_row_that_cannot_join_leaves_the_others_as_they_are(sampler, monkeypatch):
    alone = row(20, seed=4)
    sampled(sampler, alone)
    add, added = SlotCache.add, []

    def add_first(cache, prompt, index, length):
        added.append(index)
        if len(added) == 2:
            raise torch.OutOfMemoryError("no memory left")
        add(cache, prompt, index, length)

    first, second, third = row(30, seed=1, max_tokens=40), row(20, seed=2), row(20, seed=3)
    with torch.no_grad():
        sampler.submit(first)
        sampler.admit()
        with monkeypatch.context() as patched:
            patched.setattr(SlotCache, "add", add_first)
            sampler.submit(second)
            sampler.submit(third)
            sampler.admit()
    for refused in (second, third):
        with pytest.raises(torch.OutOfMemoryError):
            refused.future.result(0)
    assert sampler.cache.rows == len(sampler.live) == 1
    joined = row(20, seed=4)
    sampled(sampler, joined)
    assert (joined.tokens, joined.logprobs) == (alone.tokens, alone.logprobs)


def test_a_cache_that_could_not_grow_wholly_grows_the_next_time(monkeypatch):
    cache = SlotCache("cpu")
    cache.keys = [torch.ones(8, 1, 64, 2), torch.ones(8, 1, 64, 2)]
    cache.values = [torch.ones(8, 1, 64, 2), torch.ones(8, 1, 64, 2)]
    cache.lengths = torch.full((8,), 64)
    new_zeros, made = torch.Tensor.new_zeros, []

    def new_zeros_twice(*arguments):
        made.append(1)
        if len(made) == 3:
            raise torch.OutOfMemoryError("no memory left")
        return new_zeros(*arguments)

    with monkeypatch.context() as patched:
        patched.setattr(torch.Tensor, "new_zeros", new_zeros_twice)
        with pytest.raises(torch.OutOfMemoryError):
            cache.reserve(9, 65)
    cache.reserve(9, 65)
    assert len({tensor.shape for tensor in (*cache.keys, *cache.values)}) == 1
    assert all(tensor.shape[0] >= 9 and tensor.shape[2] >= 65 for tensor in cache.keys)
    assert all(tensor.sum() == 8 * 64 * 2 for tensor in (*cache.keys, *cache.values))
    assert len(cache.lengths) >= 9 and cache.lengths.sum() == 8 * 64
