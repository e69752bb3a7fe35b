"""An adapter that was trained here is what peft and transformers load elsewhere, merged or beside its base."""

import subprocess
import sys

import pytest
import torch
from helpers import random_samples, write_batch
from peft import PeftModel
from transformers import AutoModelForCausalLM, AutoTokenizer

from steadfast_trainer.errors import ApiError
from steadfast_trainer.merge import merge


def test_a_trained_adapter_is_the_same_policy_everywhere(server, model_folder, tmp_path):
    parent = server.open_run("merged", model_folder, tmp_path / "run")
    body = {
        "batch": write_batch(tmp_path, random_samples(4, 40)),
        "parent": parent,
        "options": {"learning_rate": 0.05},
    }
    server.http.put("/v1/runs/merged/steps/1", json=body)
    assert server.finished("merged", 1)["state"] == "done"
    adapter, out = tmp_path / "run" / "step-0001" / "adapter", tmp_path / "merged"
    command = [sys.executable, "-m", "steadfast_trainer.merge", "--base", str(model_folder), "--adapter", str(adapter)]
    subprocess.run([*command, "--out", str(out)], check=True, capture_output=True, timeout=120)

    tokenizer = AutoTokenizer.from_pretrained(out)
    messages = [{"role": "user", "content": "hi"}]
    ids = tokenizer.apply_chat_template(messages, add_generation_prompt=True, return_tensors="pt", return_dict=True)
    base = AutoModelForCausalLM.from_pretrained(model_folder)
    merged = AutoModelForCausalLM.from_pretrained(out)
    with torch.no_grad():
        untrained = base(**ids).logits
        beside = PeftModel.from_pretrained(base, str(adapter))(**ids).logits
        within = merged(**ids).logits
    torch.testing.assert_close(within, beside, atol=1e-4, rtol=1e-4)
    assert (within - untrained).abs().max() > 1e-2

    asked = {"model": "merged@1", "messages": messages, "temperature": 0, "max_tokens": 1, "return_token_ids": True}
    served = server.http.post("/v1/chat/completions", json=asked).json()
    assert served["choices"][0]["token_ids"] == [int(within[0, -1].argmax())]


def test_a_folder_that_holds_something_is_not_merged_into(model_folder, tmp_path):
    (tmp_path / "kept").write_text("kept")
    with pytest.raises(ApiError, match="expected a new or an empty folder"):
        merge(str(model_folder), tmp_path / "adapter", tmp_path)
    with pytest.raises(ApiError, match="expected a new or an empty folder"):
        merge(str(model_folder), tmp_path / "adapter", tmp_path / "kept")
    assert [path.name for path in tmp_path.iterdir()] == ["kept"]
