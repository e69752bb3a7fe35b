"""The official client against the running server."""

import errno
import shutil

import openai
import pytest
from helpers import CONVERSATION, TOOLS, error_of
from huggingface_hub.errors import OfflineModeIsEnabled
from transformers import Phi3Config, Qwen2Config, Starcoder2Config

from steadfast_trainer import hub, memory
from steadfast_trainer.completions import read_request
from steadfast_trainer.errors import ApiError
from steadfast_trainer.fields import Fields
from steadfast_trainer.model_config import read_config


@pytest.fixture(scope="module")
def client(server):
    return openai.OpenAI(base_url=server.url + "/v1", api_key="none", max_retries=0)


def test_models_and_health(client, server, model_folder):
    assert str(model_folder) in [model.id for model in client.models.list()]
    health = server.http.get("/health").json()
    assert health["status"] == "ok" and health["device"] == "cpu" and str(model_folder) in health["models"]


def test_completion_with_tools_logprobs_and_ids(client, model_folder):
    answer = client.chat.completions.create(
        model=str(model_folder),
        messages=CONVERSATION[:2],
        tools=TOOLS,
        max_tokens=20,
        logprobs=True,
        seed=3,
        temperature=0.9,
        extra_body={"return_token_ids": True},
    )
    choice = answer.choices[0]
    assert len(choice.token_ids) == len(choice.logprobs.content) == answer.usage.completion_tokens == 20
    assert choice.finish_reason == "length"
    assert len(answer.prompt_token_ids) == answer.usage.prompt_tokens
    assert all(entry.logprob < 0 and entry.top_logprobs == [] for entry in choice.logprobs.content)


def test_token_ids_of_an_assistant_message_are_spliced_in(client, model_folder):
    def ask(messages):
        return client.chat.completions.create(
            model=str(model_folder), messages=messages, max_tokens=9, seed=1, extra_body={"return_token_ids": True}
        )

    first = ask(CONVERSATION[:2])
    said = {"role": "assistant", "content": "?", "token_ids": first.choices[0].token_ids}
    second = ask([*CONVERSATION[:2], said, {"role": "user", "content": "go on"}])
    begin = first.prompt_token_ids + first.choices[0].token_ids
    assert second.prompt_token_ids[: len(begin)] == begin


def test_unknown_model_is_named_with_what_is_loaded(client, model_folder):
    with pytest.raises(openai.NotFoundError) as refused:
        client.chat.completions.create(model="gpt-9", messages=CONVERSATION[:2])
    assert "gpt-9" in refused.value.message and str(model_folder) in refused.value.message


def test_a_name_that_cannot_be_written_is_refused_all_the_same(server):
    body = b'{"model": "\\ud83d", "messages": []}'
    assert r"\ud83d" in error_of(server.http.post("/v1/chat/completions", content=body), 404)["message"]


def test_too_long_a_prompt_is_refused(client, model_folder):
    with pytest.raises(openai.BadRequestError) as refused:
        client.chat.completions.create(model=str(model_folder), messages=[{"role": "user", "content": "word " * 2000}])
    assert refused.value.code == "context_length_exceeded"


def test_streaming_is_refused(client, model_folder):
    with pytest.raises(openai.BadRequestError, match="whole completions only"):
        client.chat.completions.create(model=str(model_folder), messages=CONVERSATION[:2], stream=True)


def test_a_stop_string_ends_and_is_cut_off(client, model_folder):
    def ask(**options):
        return client.chat.completions.create(
            model=str(model_folder), messages=CONVERSATION[:2], max_tokens=20, seed=5, **options
        )

    whole = ask().choices[0].message.content
    cut = ask(stop=whole[6:8])
    assert cut.choices[0].message.content == whole[: whole.index(whole[6:8])]
    assert cut.choices[0].finish_reason == "stop"


@pytest.mark.parametrize(
    ("change", "param"),
    [
        ({"temperature": "hot"}, "temperature"),
        ({"temperature": -1}, "temperature"),
        ({"top_p": 0}, "top_p"),
        ({"n": 2}, "n"),
        ({"max_tokens": 0}, "max_tokens"),
        ({"seed": 1.5}, "seed"),
        ({"stop": [1]}, "stop"),
        ({"messages": []}, "messages"),
        ({"messages": "hello"}, "messages"),
        ({"messages": [{"role": "robot"}]}, "messages.0.role"),
        ({"messages": [{"role": "user", "content": 3}]}, "messages.0.content"),
        ({"messages": [{"role": "user", "content": [{"type": "image"}]}]}, "messages.0.content.0.text"),
        ({"messages": [{"role": "assistant", "token_ids": [10**9]}]}, "messages.0.token_ids"),
        ({"messages": [{"role": "assistant", "tool_calls": [{}]}]}, "messages.0.tool_calls.0.function"),
        ({"tools": {}}, "tools"),
        ({"tool_choice": "required"}, "tool_choice"),
        ({"top_k": 20}, "top_k"),
        ({"min_tokens": 5}, "min_tokens"),
        ({"ignore_eos": True}, "ignore_eos"),
        ({"stop_token_ids": [3]}, "stop_token_ids"),
        ({"bad_words": ["no"]}, "bad_words"),
        ({"allowed_token_ids": [3]}, "allowed_token_ids"),
        ({"chat_template": "{{ messages }}"}, "chat_template"),
        ({"chat_template_kwargs": {"enable_thinking": False}}, "chat_template_kwargs"),
        ({"add_generation_prompt": False}, "add_generation_prompt"),
        ({"continue_final_message": True}, "continue_final_message"),
        ({"truncate_prompt_tokens": 9}, "truncate_prompt_tokens"),
        ({"structured_outputs": {"regex": "a"}}, "structured_outputs"),
        ({"guided_json": {}}, "guided_json"),
        ({"guided_regex": "a"}, "guided_regex"),
        ({"guided_choice": ["a"]}, "guided_choice"),
        ({"guided_grammar": "a"}, "guided_grammar"),
        ({"response_format": {"type": "json_object"}}, "response_format"),
        ({"model": None}, "model"),
    ],
)
def test_wrong_fields_are_named(server, model_folder, change, param):
    body = {"model": str(model_folder), "messages": CONVERSATION[:2], **change}
    error = error_of(server.http.post("/v1/chat/completions", json=body), 400)
    assert error["param"] == param and error["message"].startswith(param)


def test_fields_that_change_nothing_are_taken(client, model_folder):
    def ask(**more):
        asked = client.chat.completions.create(
            model=str(model_folder), messages=CONVERSATION[:2], max_tokens=5, seed=2, extra_body=more
        )
        return asked.choices[0].message.content

    assert ask(top_k=-1, min_p=0.0, repetition_penalty=1.0, logit_bias={}, user="me") == ask()
    assert ask(min_tokens=0, ignore_eos=False, stop_token_ids=[], chat_template_kwargs={}, guided_json=None) == ask()


def test_tools_are_refused_where_the_template_has_no_calls(policy, monkeypatch):
    monkeypatch.setattr(policy, "reads_calls", False)
    asked = {"messages": CONVERSATION[:2], "tools": TOOLS}
    with pytest.raises(ApiError) as refused:
        read_request(Fields(asked), "m", policy, None)
    assert refused.value.status == 400 and refused.value.param == "tools"
    for change in ({"tools": []}, {"tool_choice": "none"}):
        assert read_request(Fields(asked | change), "m", policy, None).with_tools is False


def test_bodies_and_routes_that_are_none(server):
    assert error_of(server.http.post("/v1/chat/completions", content=b"{"), 400)["code"] == "invalid_json"
    assert "JSON object" in error_of(server.http.post("/v1/chat/completions", json=[1]), 400)["message"]
    error_of(server.http.get("/v1/nothing"), 404)
    error_of(server.http.delete("/health"), 405)


@pytest.mark.parametrize("name", ["/nowhere", "no/such model!", "{tmp}"])
def test_models_that_cannot_be_loaded(server, tmp_path, name):
    answer = server.http.post("/v1/models/load", json={"model": name.replace("{tmp}", str(tmp_path))})
    assert error_of(answer, 400)["code"] == "model_not_loadable"


def test_a_damaged_model_is_refused(server, model_folder, tmp_path):
    shutil.copytree(model_folder, tmp_path / "m")
    (tmp_path / "m" / "model.safetensors").write_bytes(b"rubbish")
    answer = server.http.post("/v1/models/load", json={"model": str(tmp_path / "m")})
    assert error_of(answer, 400)["code"] == "model_not_loadable"


@pytest.mark.parametrize(
    ("config", "slides"),
    [
        (Phi3Config(sliding_window=2047, max_position_embeddings=4096, pad_token_id=0), True),
        (Phi3Config(sliding_window=262144, max_position_embeddings=131072, pad_token_id=0), False),
        (Starcoder2Config(sliding_window=4096, max_position_embeddings=16384), True),
        (Starcoder2Config(sliding_window=4096, max_position_embeddings=16384, use_sliding_window=False), False),
        (Qwen2Config(use_sliding_window=False), False),
    ],
)
def test_a_model_that_sees_a_part_of_the_context_only_is_refused(tmp_path, config, slides):
    config.save_pretrained(tmp_path)
    if not slides:
        assert read_config("m", tmp_path).model_type == config.model_type
        return
    with pytest.raises(ApiError, match="other than full attention") as refused:
        read_config("m", tmp_path)
    assert refused.value.param == "model"


@pytest.mark.parametrize(
    ("error", "status", "why"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), 507, "No space left on device"),
        (OfflineModeIsEnabled("offline"), 400, "cannot be reached"),
    ],
)
def test_why_a_download_failed_is_told(monkeypatch, error, status, why):
    def fail(*_, **__):
        raise error

    monkeypatch.setattr(hub, "snapshot_download", fail)
    with pytest.raises(ApiError, match=why) as refused:
        hub.model_folder("owner/model")
    assert refused.value.status == status and refused.value.param == "model"


def test_a_model_that_does_not_fit_is_refused_with_the_sum(model_folder, monkeypatch):
    monkeypatch.setattr(memory, "available_bytes", lambda device: 1000)
    with pytest.raises(ApiError) as refused:
        memory.check_room("tiny", model_folder, "cpu")
    assert refused.value.status == 507 and "parameters x 4.0 bytes" in refused.value.message


def test_loading_again_changes_nothing(server, model_folder):
    assert server.http.post("/v1/models/load", json={"model": str(model_folder)}).json() == {"id": str(model_folder)}
