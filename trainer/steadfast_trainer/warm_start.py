"""Makes a small policy from nothing: a tokenizer and a model, taught by demonstrations.

python -m steadfast_trainer.warm_start --demonstrations FILE.jsonl --out FOLDER --seed 0
A line: {"instance_id": "...", "messages": [OpenAI chat messages, with tool_calls and tool observations]}
"""

import argparse
import json
import math
import random
import shutil
import sys
import time
from pathlib import Path

import torch
import transformers
from transformers import PreTrainedTokenizerBase, Qwen3ForCausalLM

from .chat import completion_ids, prompt_ids
from .tiny_model import make_model, make_tokenizer

Example = tuple[list[int], list[int]]  # token ids, and 1 where the assistant says them


def main() -> None:
    args = read_args()
    torch.set_num_threads(1)  # a second thread costs such a small model more than it gives
    torch.manual_seed(args.seed)
    demonstrations = read_demonstrations(args.demonstrations)
    tokenizer = make_tokenizer(demonstrations, args.vocab, args.context)
    examples = [encode_demonstration(tokenizer, messages) for messages in demonstrations]
    too_long = sum(len(ids) > args.context for ids, _ in examples)
    if too_long:
        sys.exit(f"warm_start: {too_long} of {len(examples)} demonstrations are longer than --context {args.context}")
    model = make_model(tokenizer, args.hidden, args.layers, args.context)
    print(
        f"{len(examples)} demonstrations, {sum(len(ids) for ids, _ in examples)} tokens, "
        f"vocabulary {len(tokenizer)}, {model.num_parameters():,} parameters",
        flush=True,
    )
    teach(model, examples, args.steps, args.batch, args.lr, random.Random(args.seed))
    save(model, tokenizer, args.out)


def read_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="steadfast_trainer.warm_start", description="Makes a small policy from nothing."
    )
    parser.add_argument(
        "--demonstrations", type=Path, required=True, help="file of chat conversations, one JSON a line"
    )
    parser.add_argument("--out", type=Path, required=True, help="folder to write the model to; replaced if it exists")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--steps", type=int, default=800, help="optimiser steps (default: %(default)s)")
    parser.add_argument("--batch", type=int, default=24, help="demonstrations a step (default: %(default)s)")
    parser.add_argument("--lr", type=float, default=3e-3, help="peak learning rate (default: %(default)s)")
    parser.add_argument("--hidden", type=int, default=128, help="width, a multiple of 32 (default: %(default)s)")
    parser.add_argument("--layers", type=int, default=4, help="(default: %(default)s)")
    parser.add_argument("--vocab", type=int, default=1500, help="tokens at most (default: %(default)s)")
    parser.add_argument("--context", type=int, default=4096, help="(default: %(default)s)")
    return parser.parse_args()


def read_demonstrations(path: Path) -> list[list[dict]]:
    try:
        lines = [line for line in path.read_text().splitlines() if line.strip()]
    except OSError as error:
        sys.exit(f"warm_start: cannot read --demonstrations {path}: {error.strerror}")
    conversations = []
    for number, line in enumerate(lines, 1):
        try:
            messages = json.loads(line)["messages"]
            if not any(message["role"] == "assistant" for message in messages):
                raise ValueError("no message of the assistant")
        except (ValueError, KeyError, TypeError) as error:
            sys.exit(
                f"warm_start: {path} line {number}: {error!r}: expected messages with one of the assistant at least"
            )
        conversations.append(messages)
    if not conversations:
        sys.exit(f"warm_start: {path} has no demonstrations")
    return conversations


def encode_demonstration(tokenizer: PreTrainedTokenizerBase, messages: list[dict]) -> Example:
    """The ids as the server would see them, turn by turn: each assistant message is spliced in as if sampled."""
    said: list[dict] = []
    ids: list[int] = []
    mask: list[int] = []
    for message in messages:
        if message["role"] != "assistant":
            said.append(message)
            continue
        prompt = prompt_ids(tokenizer, said)
        completion = completion_ids(tokenizer, [*messages[: len(said)], message])
        mask += [0] * (len(prompt) - len(ids)) + [1] * len(completion)
        ids = prompt + completion
        said.append({**message, "token_ids": completion})
    return ids, mask


def teach(
    model: Qwen3ForCausalLM, examples: list[Example], steps: int, batch: int, peak: float, rng: random.Random
) -> None:
    """Supervised steps, with the loss on the assistant's tokens."""
    optimizer = torch.optim.AdamW(model.parameters(), lr=peak, betas=(0.9, 0.98), weight_decay=0.01, fused=True)
    begun = time.monotonic()
    model.train()
    for step in range(steps):
        rate = peak * min(1.0, (step + 1) / max(1, steps // 20)) * 0.5 * (1 + math.cos(math.pi * step / steps))
        for group in optimizer.param_groups:
            group["lr"] = rate
        loss = assistant_loss(model, rng.choices(examples, k=batch))
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        if step % 50 == 0 or step == steps - 1:
            print(f"step {step:4d}  loss {loss.item():.4f}  {time.monotonic() - begun:.0f} s", flush=True)


def assistant_loss(model: Qwen3ForCausalLM, group: list[Example]) -> torch.Tensor:
    longest = max(len(ids) for ids, _ in group)
    ids_B_T = torch.tensor([ids + [0] * (longest - len(ids)) for ids, _ in group])
    mask_B_T = torch.tensor([mask + [0] * (longest - len(mask)) for _, mask in group]).bool()[:, 1:]
    hidden_B_T_H = model.get_decoder()(input_ids=ids_B_T, use_cache=False).last_hidden_state[:, :-1]
    logits_N_V = model.get_output_embeddings()(hidden_B_T_H[mask_B_T])
    return torch.nn.functional.cross_entropy(logits_N_V, ids_B_T[:, 1:][mask_B_T])


def save(model: Qwen3ForCausalLM, tokenizer: PreTrainedTokenizerBase, out: Path) -> None:
    """Puts the folder in place by a rename, so that a half-written one is never taken for a model."""
    draft = out.with_name(out.name + ".draft")
    shutil.rmtree(draft, ignore_errors=True)
    transformers.utils.logging.disable_progress_bar()
    model.eval().save_pretrained(draft)
    tokenizer.save_pretrained(draft)
    shutil.rmtree(out, ignore_errors=True)
    draft.rename(out)
    print(f"saved {out}", flush=True)


if __name__ == "__main__":
    main()
