"""Chat completions: a request to a row of the sampler, and the sampled row to an answer as vLLM gives it."""

import json
import secrets
from dataclasses import dataclass

from .chat import parse_reply, prompt_ids
from .errors import ApiError
from .fields import REQUIRED, Fields
from .policy import Policy
from .sampler import Row

# Fields of vLLM's that change the prompt, what is sampled or its text, and that this server does not know, with the
# values that change nothing.
NEUTRAL: dict[str, tuple] = {
    "top_k": (-1, 0),
    "min_p": (0,),
    "frequency_penalty": (0,),
    "presence_penalty": (0,),
    "repetition_penalty": (1,),
    "logit_bias": ({},),
    "response_format": ({"type": "text"},),
    "min_tokens": (0,),
    "ignore_eos": (False,),
    "stop_token_ids": ([],),
    "bad_words": ([],),
    "allowed_token_ids": (None,),
    "use_beam_search": (False,),
    "length_penalty": (1,),
    "include_stop_str_in_output": (False,),
    "echo": (False,),
    "chat_template": (None,),
    "chat_template_kwargs": ({},),
    "documents": ([],),
    "add_generation_prompt": (True,),
    "continue_final_message": (False,),
    "add_special_tokens": (False,),
    "truncate_prompt_tokens": (None,),
    "structured_outputs": (None,),
    "guided_json": (None,),
    "guided_regex": (None,),
    "guided_choice": (None,),
    "guided_grammar": (None,),
}
ROLES = ("system", "developer", "user", "assistant", "tool")


@dataclass
class Completion:
    """A checked request: its row, and what the answer shall hold."""

    row: Row
    model: str
    with_tools: bool
    logprobs: bool
    token_ids: bool
    stops: list[str]


def read_request(body: Fields, model: str, policy: Policy, adapter: str | None) -> Completion:
    """Checks a request and renders its prompt. Fields that change nothing of the sampling are ignored, as vLLM does."""
    if body.flag("stream"):
        raise body.refuse("stream", "false: this server answers whole completions only")
    body.integer("n", 1, 1, 1)
    body.integer("top_logprobs", 0, 0, 0)
    for name, values in NEUTRAL.items():
        if body.get(name, values[0], "") not in values:
            raise body.refuse(name, f"{' or '.join(map(json.dumps, values))}, as this server knows no other")
    messages = read_messages(body, policy)
    tools = [Fields(tool, f"tools.{i}.", 400).body for i, tool in enumerate(body.array("tools", []))]
    with_tools = body.choice("tool_choice", ("auto", "none"), "auto") == "auto" and bool(tools)
    if with_tools and not policy.reads_calls:
        why = (
            f"tools has {len(tools)}: expected none, as the chat template of {policy.name} shows no tool calls in the "
            "form that this server reads, JSON in <tool_call> tags"
        )
        raise ApiError(400, why, code="no_tool_calls", param="tools")
    try:
        prompt = prompt_ids(policy.tokenizer, messages, tools)
    except Exception as error:  # templates raise what they like
        why = f"messages cannot be rendered by the chat template of {policy.name}: {error}"
        raise ApiError(400, why, code="template_failed", param="messages") from error
    room = policy.context - len(prompt)
    if room < 1:
        raise ApiError(
            400,
            f"the prompt has {len(prompt)} tokens, and {policy.name} has a context of {policy.context} tokens: "
            "shorten the messages",
            code="context_length_exceeded",
            param="messages",
        )
    asked = body.integer("max_completion_tokens", None, 1) or body.integer("max_tokens", None, 1) or room
    stops = read_stops(body)
    seed = body.integer("seed", None, -(2**63), 2**63 - 1)
    row = Row(
        prompt=prompt,
        adapter=adapter,
        max_tokens=min(asked, room),
        temperature=body.number("temperature", 1.0, 0, 100),
        top_p=body.number("top_p", 1.0, 0, 1, above=True),
        seed=secrets.randbits(63) if seed is None else seed,
        stopped=lambda tokens: bool(stops) and find_stop(policy.tokenizer.decode(tokens), stops) is not None,
    )
    return Completion(row, model, with_tools, body.flag("logprobs"), body.flag("return_token_ids"), stops)


def read_messages(body: Fields, policy: Policy) -> list[dict]:
    messages = []
    for i, value in enumerate(body.array("messages", REQUIRED, "a non-empty list of messages")):
        message = Fields(value, f"messages.{i}.")
        role = message.choice("role", ROLES)
        content = message.get("content", "", "a string or a list of text parts")
        if isinstance(content, list):
            parts = [Fields(part, f"messages.{i}.content.{j}.") for j, part in enumerate(content)]
            content = "".join(
                part.text("text", pattern=r"(?s).*", expected="a string (only text parts are known)") for part in parts
            )
        if not isinstance(content, str):
            raise message.refuse("content", "a string or a list of text parts")
        kept: dict = {"role": role, "content": content}
        if role == "assistant":
            kept |= read_assistant(message, policy.vocab)
        if role == "tool":
            kept["tool_call_id"] = message.text("tool_call_id", "", r".*", "a string")
        messages.append(kept)
    if not messages:
        raise body.refuse("messages", "a non-empty list of messages")
    return messages


def read_assistant(message: Fields, vocab: int) -> dict:
    kept: dict = {}
    ids = message.array("token_ids", [], f"a list of token ids below {vocab}")
    if not all(isinstance(i, int) and not isinstance(i, bool) and 0 <= i < vocab for i in ids):
        raise message.refuse("token_ids", f"a list of token ids below {vocab}")
    if ids:
        kept["token_ids"] = ids
    calls = []
    for j, value in enumerate(message.array("tool_calls", [])):
        call = Fields(value, f"{message.where}tool_calls.{j}.")
        function = call.object("function")
        name = function.text("name", "", r"(?s).*", "a string")
        arguments = function.text("arguments", "{}", r"(?s).*", "a string of JSON")
        calls.append(
            {"id": call.get("id", "", ""), "type": "function", "function": {"name": name, "arguments": arguments}}
        )
    if calls:
        kept["tool_calls"] = calls
    return kept


def read_stops(body: Fields) -> list[str]:
    stop = body.get("stop", [], "a string or a list of strings")
    stops = [stop] if isinstance(stop, str) else stop
    if not isinstance(stops, list) or not all(isinstance(s, str) and s for s in stops):
        raise body.refuse("stop", "a string or a list of strings, none empty")
    return stops


def find_stop(text: str, stops: list[str]) -> int | None:
    """Where the first stop string begins."""
    found = [at for at in (text.find(stop) for stop in stops) if at >= 0]
    return min(found, default=None)


def answer(done: Completion, policy: Policy, row: Row) -> dict:
    """The answer to a sampled request. Ids and logprobs are of all sampled tokens, the end token included."""
    said = row.tokens[:-1] if row.tokens[-1] in policy.end_ids else row.tokens
    text = policy.tokenizer.decode(said)
    cut = find_stop(text, done.stops)
    key = f"{row.seed}/{row.prompt}/{row.tokens}"
    reply = parse_reply(text if cut is None else text[:cut], key, done.with_tools)
    message: dict = {"role": "assistant", "content": reply.content}
    if reply.tool_calls:
        message["tool_calls"] = reply.tool_calls
    choice: dict = {
        "index": 0,
        "message": message,
        "finish_reason": "tool_calls" if reply.tool_calls and row.finish == "stop" else row.finish,
        "logprobs": {"content": token_logprobs(policy, row)} if done.logprobs else None,
    }
    reply_body = {
        "id": "chatcmpl-" + secrets.token_hex(12),
        "object": "chat.completion",
        "created": 0,
        "model": done.model,
        "choices": [choice],
        "usage": {
            "prompt_tokens": len(row.prompt),
            "completion_tokens": len(row.tokens),
            "total_tokens": len(row.prompt) + len(row.tokens),
        },
    }
    if done.token_ids:
        reply_body["prompt_token_ids"] = row.prompt
        choice["token_ids"] = row.tokens
    return reply_body


def token_logprobs(policy: Policy, row: Row) -> list[dict]:
    content = []
    for token, logprob in zip(row.tokens, row.logprobs, strict=True):
        text = policy.token_text(token)
        content.append({"token": text, "logprob": logprob, "bytes": list(text.encode()), "top_logprobs": []})
    return content
