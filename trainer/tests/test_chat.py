"""Rendering with spliced ids, and reading tool calls back."""

import json

import pytest
from helpers import CONVERSATION, TOOLS

from steadfast_trainer.chat import completion_ids, parse_reply, prompt_ids, reads_calls

# As Qwen's: tool calls inside the assistant's message, observations inside a user's, an empty thought before a reply.
QWEN_LIKE = """{% for m in messages %}{% if m.role == 'tool' %}<|im_start|>user
<tool_response>
{{ m.content }}
</tool_response><|im_end|>
{% elif m.role == 'assistant' %}<|im_start|>assistant
<think>

</think>

{{ m.content }}<|im_end|>
{% else %}<|im_start|>{{ m.role }}
{{ m.content }}<|im_end|>
{% endif %}{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant
{% endif %}"""


@pytest.mark.parametrize("template", [None, QWEN_LIKE])
@pytest.mark.parametrize("ended", [True, False])
def test_next_prompt_begins_with_prompt_and_completion(policy, template, ended):
    tokenizer = policy.tokenizer
    own = tokenizer.chat_template
    tokenizer.chat_template = template or own
    try:
        # Ids that no tokenizer would give for their text.
        sampled = [*tokenizer.encode("<tool_call>{"), *[tokenizer.encode("a")[0]] * 3]
        sampled += [tokenizer.eos_token_id] * ended
        said = CONVERSATION[:2]
        for observation in ("first", "second"):
            before = prompt_ids(tokenizer, said, TOOLS)
            said = [*said, {"role": "assistant", "content": "x", "token_ids": sampled}]
            said = [*said, {"role": "tool", "tool_call_id": "1", "content": observation}]
            after = prompt_ids(tokenizer, said, TOOLS)
            assert after[: len(before) + len(sampled)] == before + sampled
            rest = tokenizer.decode(after[len(before) + len(sampled) :])
            assert rest.startswith("<|im_end|>\n") is not ended
            assert observation in rest
            assert rest.count("<|im_end|>") == 2 - ended
    finally:
        tokenizer.chat_template = own


def test_spliced_ids_of_a_message_give_the_ids_of_its_text(policy):
    ids = completion_ids(policy.tokenizer, CONVERSATION[:3])
    spliced = [*CONVERSATION[:2], {**CONVERSATION[2], "token_ids": ids}, *CONVERSATION[3:]]
    assert prompt_ids(policy.tokenizer, spliced) == prompt_ids(policy.tokenizer, CONVERSATION)


def test_a_reply_is_read_back_as_it_was_rendered(policy):
    ids = completion_ids(policy.tokenizer, CONVERSATION[:3])
    reply = parse_reply(policy.tokenizer.decode(ids[:-1]), "key", with_tools=True)
    assert reply.content == "Let me look."
    assert reply.tool_calls[0]["function"]["name"] == "bash"
    assert json.loads(reply.tool_calls[0]["function"]["arguments"]) == {"command": "cat a.py\nls"}


@pytest.mark.parametrize(
    ("text", "content", "calls"),
    [
        ("no call", "no call", []),
        ('a<tool_call>{"name": "x", "arguments": {}}</tool_call>b', "ab", [("x", "{}")]),
        ('<tool_call>{"name": "x", "arg</tool_call>', None, [("x", '{"name": "x", "arg')]),
        ("<tool_call>rubbish", None, [("", "rubbish")]),
        ('<tool_call>{"name": "x", "arguments": "y"}</tool_call>', None, [("x", '{"name": "x", "arguments": "y"}')]),
        (
            r'<tool_call>{"name": "\ud83d", "arguments": {"a": "\ud83d"}}</tool_call>',
            None,
            [(r"\ud83d", r'{"a": "\ud83d"}')],
        ),
        ('<tool_call>{"name": 3}<tool_call>[]</tool_call>', None, [("", '{"name": 3}'), ("", "[]")]),
    ],
)
def test_tool_calls(text, content, calls):
    reply = parse_reply(text, "key", with_tools=True)
    assert reply.content == content
    assert [(c["function"]["name"], c["function"]["arguments"]) for c in reply.tool_calls] == calls
    assert reply.tool_calls == parse_reply(text, "key", with_tools=True).tool_calls
    assert len({c["id"] for c in reply.tool_calls}) == len(calls)
    json.dumps(reply.tool_calls, ensure_ascii=False).encode()


def test_half_a_surrogate_pair_is_shown_as_its_escape(policy):
    cut = [{"role": "user", "content": "cut \ud83d here"}]
    assert r"cut \ud83d here" in policy.tokenizer.decode(prompt_ids(policy.tokenizer, cut))


@pytest.mark.parametrize(
    ("body", "reads"),
    [
        (None, True),
        ("{{ m.content }}", False),
        ("{{ m.tool_calls }}", False),
        ("[TOOL_CALLS]{{ m.tool_calls }}", False),
        ("<tool_call><function={{ m.tool_calls[0].function.name }}></function></tool_call>", False),
        ("{{ raise_exception('no calls here') }}", False),
    ],
)
def test_a_template_with_calls_of_another_form_or_none_is_known(policy, monkeypatch, body, reads):
    if body is not None:
        monkeypatch.setattr(policy.tokenizer, "chat_template", "{% for m in messages %}" + body + "{% endfor %}")
    assert reads_calls(policy.tokenizer) is reads


def test_without_tools_the_text_stays_as_it_is():
    assert parse_reply("<tool_call>x", "key", with_tools=False).content == "<tool_call>x"
