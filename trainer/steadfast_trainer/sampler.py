"""Samples many requests at once: rows join and leave a running batch between two tokens.

The same request with the same seed gives the same tokens and the same logprob bits, whatever else is in the batch.
Measured (torch 2.15, x86, one thread): a row of a matrix product keeps its bits for any number of rows from 4 on (1 to
3 take another kernel), and attention keeps them while masked keys come in whole steps of 64. So a decode step has a
multiple of 8 rows and of 64 keys, a prompt is padded to a multiple of 64 by its own length and meets only prompts of
that same padded length, and each row draws from a random generator of its own.
"""

import random
import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field

import torch
from transformers import DynamicCache

from .draw import draw
from .kv_cache import LENGTH_STEP, SlotCache, round_up
from .policy import Policy

GATHER_SECONDS = 0.02
MAX_ROWS = 64
PREFILL_TOKENS = 8192
# A request that cannot join, being of another adapter or too long, waits no longer than this for the running batch to
# be closed to newcomers.
PATIENCE_SECONDS = 1.0


@dataclass
class Row:
    """One request while it is sampled."""

    prompt: list[int]
    adapter: str | None
    max_tokens: int
    temperature: float
    top_p: float
    seed: int
    stopped: Callable[[list[int]], bool]  # by a stop string
    tokens: list[int] = field(default_factory=list)
    logprobs: list[float] = field(default_factory=list)
    finish: str = ""
    abandoned: bool = False  # its client hung up
    future: "Future[Row]" = field(default_factory=Future)
    asked: float = field(default_factory=time.monotonic)

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)


class Sampler:
    """The decode loop of one base model, in a thread of its own."""

    def __init__(self, policy: Policy, budget_bytes: int):
        self.policy = policy
        self.budget_bytes = budget_bytes
        self.queue: deque[Row] = deque()
        self.change = threading.Condition()
        self.live: list[Row] = []
        self.cache = SlotCache(policy.device)
        threading.Thread(target=self.run, daemon=True, name=f"sampler {policy.name}").start()

    def submit(self, row: Row) -> "Future[Row]":
        with self.change:
            self.queue.append(row)
            self.change.notify()
        return row.future

    # --- the loop ---------------------------------------------------------------

    @torch.no_grad()
    def run(self) -> None:
        torch.set_num_threads(self.policy.threads)
        while True:
            if not self.live:
                with self.change:
                    while not self.queue:
                        self.change.wait()
                time.sleep(GATHER_SECONDS)
                self.cache = SlotCache(self.policy.device)
            try:
                self.admit()
                if self.live:
                    self.decode()
            except Exception as error:  # the loop outlives a failed batch; its requests are told
                for row in self.live:
                    row.future.set_exception(error)
                self.live = []

    def admit(self) -> None:
        """Moves waiting rows of the running adapter into the batch, as many as fit."""
        with self.change:
            self.queue = deque(row for row in self.queue if not row.future.cancelled())
            if not self.queue:
                return
            adapter = self.live[0].adapter if self.live else self.queue[0].adapter
            others = [row.asked for row in self.queue if row.adapter != adapter]
            if self.live and others and time.monotonic() - min(others) > PATIENCE_SECONDS:
                return
            joining: list[Row] = []
            for row in self.queue:
                if row.adapter != adapter:
                    continue
                if self.fits([*self.live, *joining, row]):
                    joining.append(row)
                elif time.monotonic() - row.asked > PATIENCE_SECONDS:
                    break
            taken = {id(row) for row in joining}
            self.queue = deque(row for row in self.queue if id(row) not in taken)
        joining = [row for row in joining if row.future.set_running_or_notify_cancel()]
        try:
            self.prefill(joining)
        except Exception as error:
            for row in joining:
                if not row.future.done() and row not in self.live:
                    row.future.set_exception(error)

    def fits(self, rows: list[Row]) -> bool:
        """Would the batch's cache stay within its budget, if every row ran to its last token? One row always may."""
        config = self.policy.config
        head = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
        token_bytes = (
            2 * config.num_hidden_layers * config.num_key_value_heads * head * self.policy.model.dtype.itemsize
        )
        longest = max(len(row.prompt) + row.max_tokens for row in rows)
        return len(rows) == 1 or (len(rows) <= MAX_ROWS and len(rows) * longest * token_bytes <= self.budget_bytes)

    # --- model calls --------------------------------------------------------------

    def prefill(self, rows: list[Row]) -> None:
        """Computes the prompts, each different one once, and draws the first token of each row."""
        by_length: dict[int, dict[tuple[int, ...], list[Row]]] = defaultdict(lambda: defaultdict(list))
        for row in rows:
            by_length[round_up(len(row.prompt), LENGTH_STEP)][tuple(row.prompt)].append(row)
        for length, by_prompt in sorted(by_length.items()):
            prompts = list(by_prompt)
            at_once = max(1, PREFILL_TOKENS // length)
            for i in range(0, len(prompts), at_once):
                self.prefill_some(prompts[i : i + at_once], by_prompt, length)

    def prefill_some(
        self, prompts: list[tuple[int, ...]], by_prompt: dict[tuple[int, ...], list[Row]], length: int
    ) -> None:
        # Padding stands at the end, where the causal mask hides it from every real token.
        ids = torch.tensor([[*p, *[0] * (length - len(p))] for p in prompts], device=self.policy.device)
        cache = DynamicCache()
        with self.policy.lock:
            self.policy.use(by_prompt[prompts[0]][0].adapter)
            hidden = self.policy.hidden(ids, past_key_values=cache, use_cache=True)
        started = [(i, row) for i, prompt in enumerate(prompts) for row in by_prompt[prompt]]
        had = len(self.live)
        try:
            for i, row in started:
                self.cache.add(cache, i, len(row.prompt))
                self.live.append(row)
            source = torch.tensor([i for i, _ in started], device=self.policy.device)
            last = torch.tensor([len(row.prompt) - 1 for _, row in started], device=self.policy.device)
            self.advance([row for _, row in started], hidden[source, last])
        except BaseException:  # slots and live rows must stay one to one
            del self.live[had:]
            self.cache.rows = had
            raise

    def decode(self) -> None:
        """One token for every live row."""
        positions, mask = self.cache.begin_step()
        last = [row.tokens[-1] for row in self.live]
        ids = torch.tensor([*last, *[0] * (len(positions) - len(last))], device=self.policy.device)[:, None]
        with self.policy.lock:
            self.policy.use(self.live[0].adapter)
            hidden = self.policy.hidden(
                ids, position_ids=positions, attention_mask=mask, past_key_values=self.cache, use_cache=True
            )
        self.cache.end_step()
        self.advance(list(self.live), hidden[: len(self.live), 0])

    def advance(self, rows: list[Row], hidden_N_H: torch.Tensor) -> None:
        """Draws the next token of each row; finished rows leave the batch."""
        spare = round_up(len(rows), 8) - len(rows)  # the product with the vocabulary, too, has a multiple of 8 rows
        hidden_N_H = torch.nn.functional.pad(hidden_N_H, (0, 0, 0, spare))
        logits_N_V = self.policy.logits(hidden_N_H)[: len(rows)]
        tokens, logprobs = draw(
            logits_N_V,
            temperatures=[row.temperature for row in rows],
            top_ps=[row.top_p for row in rows],
            uniforms=[row.random.random() for row in rows],
        )
        for row, token, logprob in zip(rows, tokens, logprobs, strict=True):
            row.tokens.append(token)
            row.logprobs.append(logprob)
            if token in self.policy.end_ids or row.stopped(row.tokens):
                row.finish = "stop"
            elif len(row.tokens) >= row.max_tokens or row.abandoned:
                row.finish = "length"
        for i in reversed(range(len(self.live))):
            if self.live[i].finish:
                done = self.live[i]
                self.cache.remove(i)
                self.live[i] = self.live[-1]
                self.live.pop()
                done.future.set_result(done)
