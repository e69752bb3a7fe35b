"""The same seed gives the same bits in any company, and the trainer finds the same logprobs."""

from concurrent.futures import ThreadPoolExecutor

import pytest
import torch

from steadfast_trainer.draw import draw
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


@pytest.mark.parametrize("adapter", [False, True])
def test_company_changes_no_bit(server, model_folder, tmp_path, adapter):
    model = str(model_folder)
    if adapter:
        server.open_run("company", model_folder, tmp_path, rank=8)
        model = "company@0"
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
