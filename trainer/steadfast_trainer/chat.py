"""Messages to token ids and back. Warm start and server share this path, so both see the same tokens.

An assistant message may carry `token_ids`: the exact ids that were sampled for it, end token included. They are spliced
in, never tokenised again, so the next prompt begins with the previous prompt's ids and completion's ids.
"""

import hashlib
import json
import re
import secrets
from dataclasses import dataclass, field

from transformers import PreTrainedTokenizerBase

from .text import writable

TOOL_CALL = re.compile(r"<tool_call>(.*?)(?:</tool_call>|(?=<tool_call>)|\Z)", re.DOTALL)


# -----------------------------------------------------------------------------
# Messages to ids


def prompt_ids(tokenizer: PreTrainedTokenizerBase, messages: list[dict], tools: list[dict] | None = None) -> list[int]:
    """The ids of a conversation up to where the assistant's next message begins."""
    shown, spliced, mark = [], [], f"\ue000{secrets.token_hex(8)}-"
    for message in messages:
        if message.get("token_ids"):
            # The template gets a placeholder where the ids will stand; text is cut there below.
            shown.append({"role": "assistant", "content": f"{mark}{len(spliced)}\ue001"})
            spliced.append(message["token_ids"])
        else:
            shown.append(for_template(message))
    text = render(tokenizer, shown, tools, True)
    if not spliced:
        return encode(tokenizer, text)
    opening = text[len(render(tokenizer, shown, tools, False)) :]
    ids: list[int] = []
    pieces = re.split(f"{mark}\\d+\ue001", text)
    if len(pieces) != len(spliced) + 1:
        raise ValueError("the chat template does not show every assistant message once: token_ids cannot be spliced in")
    for i, piece in enumerate(pieces):
        if i > 0 and spliced[i - 1][-1] in tokenizer.all_special_ids:
            # The sampled ids hold the end of the turn already.
            piece = piece.removeprefix(tokenizer.decode([spliced[i - 1][-1]]))
        if i < len(spliced) and opening in piece:
            # Some templates put text (an empty thought, say) between the opening and the message. It was not there
            # when the message was sampled.
            piece = piece[: piece.rindex(opening) + len(opening)]
        ids += encode(tokenizer, piece)
        if i < len(spliced):
            ids += spliced[i]
    return ids


def completion_ids(
    tokenizer: PreTrainedTokenizerBase, messages: list[dict], tools: list[dict] | None = None
) -> list[int]:
    """The ids that a policy would have to sample to say the last message, its end token included."""
    shown = [for_template(message) for message in messages]
    before = render(tokenizer, shown[:-1], tools, True)
    text = render(tokenizer, shown, tools, False)[len(before) :]
    end_text = tokenizer.eos_token
    return [*encode(tokenizer, text[: text.rindex(end_text)]), tokenizer.eos_token_id]


def render(tokenizer: PreTrainedTokenizerBase, shown: list[dict], tools: list[dict] | None, opening: bool) -> str:
    return tokenizer.apply_chat_template(shown, tools=tools or None, tokenize=False, add_generation_prompt=opening)


def encode(tokenizer: PreTrainedTokenizerBase, text: str) -> list[int]:
    return tokenizer.encode(writable(text), add_special_tokens=False)


def for_template(message: dict) -> dict:
    """A message as chat templates expect it: content is text, arguments of tool calls are objects."""
    content = message.get("content")
    if isinstance(content, list):
        content = "".join(part["text"] for part in content)
    shown = {**message, "content": content or ""}
    if message.get("tool_calls"):
        shown["tool_calls"] = [
            {**call, "function": {**call["function"], "arguments": decoded(call["function"]["arguments"])}}
            for call in message["tool_calls"]
        ]
    return shown


def decoded(arguments: object) -> object:
    """Arguments as an object where they are valid JSON; a malformed call is shown as it was written."""
    if not isinstance(arguments, str):
        return arguments
    try:
        return json.loads(arguments)
    except ValueError:
        return arguments


# -----------------------------------------------------------------------------
# Ids to a message


@dataclass
class Reply:
    content: str | None
    tool_calls: list[dict] = field(default_factory=list)


def parse_reply(text: str, key: str, with_tools: bool) -> Reply:
    """Text without end tokens to content and tool calls. `key` makes the ids of the calls, the same for the same reply.

    A malformed block is still a call, with its raw text as arguments: the agent loop answers it as an observation.
    """
    if not with_tools or "<tool_call>" not in text:
        return Reply(text)
    calls = []
    for index, match in enumerate(TOOL_CALL.finditer(text)):
        name, arguments = parse_call(match.group(1), closed=match.group(0).endswith("</tool_call>"))
        call_id = "call_" + hashlib.sha256(f"{key}/{index}".encode()).hexdigest()[:16]
        calls.append({"id": call_id, "type": "function", "function": {"name": name, "arguments": arguments}})
    return Reply(TOOL_CALL.sub("", text).strip() or None, calls)


def parse_call(raw: str, closed: bool) -> tuple[str, str]:
    """Name and arguments (JSON text) of one block; for a malformed one the name as far as known, and the raw text."""
    try:
        call = json.loads(raw) if closed else None
    except (ValueError, RecursionError):
        call = None
    if isinstance(call, dict) and isinstance(call.get("name"), str) and isinstance(call.get("arguments"), dict):
        return writable(call["name"]), writable(json.dumps(call["arguments"], ensure_ascii=False))
    known = re.search(r'"name"\s*:\s*"([^"\\]*)"', raw)
    return (known.group(1) if known else ""), raw.strip()


def reads_calls(tokenizer: PreTrainedTokenizerBase) -> bool:
    """Whether a tool call, as the chat template shows it, is read back. If not, the model has none or other ones."""
    call = {"id": "call_0", "type": "function", "function": {"name": "probe", "arguments": "{}"}}
    messages = [{"role": "user", "content": "a"}, {"role": "assistant", "content": "", "tool_calls": [call]}]
    try:
        text = render(tokenizer, [for_template(message) for message in messages], None, False)
    except Exception:  # templates raise what they like
        return False
    return [found["function"]["name"] for found in parse_reply(text, "", with_tools=True).tool_calls] == ["probe"]
