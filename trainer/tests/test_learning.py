"""From nothing to a policy that learns: warm start on noisy demonstrations, then gradient steps on its own samples."""

import json
import random
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from helpers import TOOLS, Served, write_batch

from steadfast_trainer import warm_start
from steadfast_trainer.checkpoints import files_of

STEPS = 16
GROUPS, GROUP_SIZE = 4, 8
# Of the mean reward, from the first four steps to the last four. Twelve seeds rose by 0.21 to 0.50.
RISE = 0.12


def tool_call(command: str) -> dict:
    return {"id": "c", "type": "function", "function": {"name": "bash", "arguments": json.dumps({"command": command})}}


def demonstrations() -> list[dict]:
    """Half of them look before they answer, half answer at once: what to do is known, how often is to be learned."""
    rng = random.Random(0)
    lines = []
    for i in range(120):
        messages = [{"role": "user", "content": f"task {i % GROUPS}"}]
        if rng.random() < 0.4:
            messages.append({"role": "assistant", "content": None, "tool_calls": [tool_call("cat a.py")]})
            messages.append({"role": "tool", "tool_call_id": "c", "content": "a = 1"})
        messages.append({"role": "assistant", "content": "done"})
        lines.append({"instance_id": f"i{i}", "messages": messages})
    return lines


@pytest.fixture(scope="module")
def warm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("warm")
    (folder / "demonstrations.jsonl").write_text("\n".join(json.dumps(line) for line in demonstrations()))
    command = [sys.executable, "-m", "steadfast_trainer.warm_start", *arguments(folder, "model")]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    return folder


def arguments(folder: Path, out: str) -> list[str]:
    paths = ["--demonstrations", str(folder / "demonstrations.jsonl"), "--out", str(folder / out)]
    sizes = ["--steps", "120", "--lr", "5e-3", "--batch", "16", "--hidden", "64", "--layers", "2", "--vocab", "320"]
    return [*paths, *sizes, "--seed", "3"]


def test_the_same_seed_makes_the_same_policy_in_another_process(warm, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["warm_start", *arguments(warm, "again")])
    warm_start.main()
    for file in files_of(warm / "model"):
        assert file.read_bytes() == (warm / "again" / file.name).read_bytes(), file.name


def test_reward_rises(server, warm, tmp_path):
    model = warm / "model"
    parent = server.open_run("learn", model, tmp_path / "checkpoints", rank=8)
    rewards = []
    for step in range(1, STEPS + 1):
        samples = collect(server, f"learn@{step - 1}", step)
        rewards.append(sum(s.pop("reward") for s in samples) / len(samples))
        body = {
            "batch": write_batch(tmp_path, samples, f"{step}.json"),
            "parent": parent,
            "options": {"learning_rate": 3e-3},
        }
        server.http.put(f"/v1/runs/learn/steps/{step}", json=body)
        result = server.finished("learn", step)["result"]
        assert result["metrics"]["logprob_difference"] < 1e-4
        parent = result["manifest_sha256"]
    assert sum(rewards[-4:]) / 4 > sum(rewards[:4]) / 4 + RISE, rewards


def collect(server: Served, model: str, step: int) -> list[dict]:
    """Groups of one turn each, rewarded for a look. Advantages are centred on the group's mean."""
    with ThreadPoolExecutor(GROUPS * GROUP_SIZE) as pool:
        answers = list(pool.map(lambda i: ask(server, model, step, i), range(GROUPS * GROUP_SIZE)))
    samples = []
    for i, answer in enumerate(answers):
        group = answers[i - i % GROUP_SIZE :][:GROUP_SIZE]
        prompt, choice = answer["prompt_token_ids"], answer["choices"][0]
        logprobs = [entry["logprob"] for entry in choice["logprobs"]["content"]]
        samples.append(
            {
                "tokens": prompt + choice["token_ids"],
                "mask": [0] * len(prompt) + [1] * len(logprobs),
                "logprobs": [0.0] * len(prompt) + logprobs,
                "advantage": reward(answer) - sum(map(reward, group)) / GROUP_SIZE,
                "rollout": f"{step}/{i}",
                "group": i // GROUP_SIZE,
                "reward": reward(answer),
            }
        )
    return samples


def ask(server: Served, model: str, step: int, i: int) -> dict:
    body = {
        "model": model,
        "messages": [{"role": "user", "content": f"task {i // GROUP_SIZE}"}],
        "tools": TOOLS,
        "seed": 1000 * step + i,
        "max_tokens": 40,
        "logprobs": True,
        "return_token_ids": True,
    }
    return server.http.post("/v1/chat/completions", json=body).json()


def reward(answer: dict) -> float:
    calls = answer["choices"][0]["message"].get("tool_calls") or []
    looked = [call["function"] for call in calls]
    return float(looked == [{"name": "bash", "arguments": '{"command": "cat a.py"}'}])
