"""The key-value cache of a running batch: one slot a row, each row's tokens from index 0 on."""

import torch
from transformers import DynamicCache

# Shapes grow in these steps, so that a row's bits do not depend on what else is in the batch: see sampler.py.
ROWS_STEP = 8
LENGTH_STEP = 64


def round_up(value: int, step: int) -> int:
    return -(-value // step) * step


class SlotCache:
    """Rows 0..n-1 are in use. Has the one method of transformers' Cache that a forward pass calls: `update`."""

    def __init__(self, device: str):
        self.device = device
        self.keys: list[torch.Tensor] = []
        self.values: list[torch.Tensor] = []
        self.lengths = torch.zeros(0, dtype=torch.long, device=device)
        self.rows = 0
        self.shown_rows = 0
        self.shown_length = 0

    def reserve(self, rows: int, length: int) -> None:
        """Makes room for so many rows of such a length, keeping what is there."""
        # Of the smallest one: memory may have run out after some of them had grown.
        every = [*self.keys, *self.values]
        had_rows = min(len(self.lengths), *(tensor.shape[0] for tensor in every))
        had_length = min(tensor.shape[2] for tensor in every)
        if had_rows >= rows and had_length >= length:
            return
        rows = max(had_rows, round_up(rows, ROWS_STEP))
        length = max(had_length, round_up(length + LENGTH_STEP, 2 * LENGTH_STEP))
        for tensors in (self.keys, self.values):
            for i, old in enumerate(tensors):
                # Zeros, not empty memory: a masked NaN would still spoil a sum.
                tensors[i] = old.new_zeros(rows, old.shape[1], length, old.shape[3])
                tensors[i][:had_rows, :, :had_length] = old[:had_rows, :, :had_length]
        lengths = torch.zeros(rows, dtype=torch.long, device=self.device)
        lengths[:had_rows] = self.lengths[:had_rows]
        self.lengths = lengths

    def add(self, prompt: DynamicCache, row: int, length: int) -> None:
        """Copies one row of a prefilled prompt into the next free slot."""
        if not self.keys:
            self.keys = [layer.keys[:0, :, :0] for layer in prompt.layers]
            self.values = [layer.values[:0, :, :0] for layer in prompt.layers]
        self.reserve(self.rows + 1, length + 1)
        for i, layer in enumerate(prompt.layers):
            self.keys[i][self.rows, :, :length] = layer.keys[row, :, :length]
            self.values[i][self.rows, :, :length] = layer.values[row, :, :length]
        self.lengths[self.rows] = length
        self.rows += 1

    def remove(self, row: int) -> None:
        """Frees a slot. The last row moves into it, so the caller must move its own."""
        self.rows -= 1
        if row != self.rows:
            length = int(self.lengths[self.rows])
            for tensors in (self.keys, self.values):
                for tensor in tensors:
                    tensor[row, :, :length] = tensor[self.rows, :, :length]
            self.lengths[row] = length

    def begin_step(self) -> tuple[torch.Tensor, torch.Tensor]:
        """Room for one more token a row. Gives the positions (B, 1) and the mask (B, 1, 1, L) of the step."""
        self.shown_rows = round_up(self.rows, ROWS_STEP)
        self.lengths[self.rows : self.shown_rows] = 0
        longest = int(self.lengths[: self.shown_rows].max()) + 1
        self.reserve(self.shown_rows, longest)
        lengths_B = self.lengths[: self.shown_rows]
        self.shown_length = round_up(longest, LENGTH_STEP)
        mask = torch.arange(self.shown_length, device=self.device)[None, :] <= lengths_B[:, None]
        return lengths_B[:, None].clone(), mask[:, None, None, :]

    def end_step(self) -> None:
        self.lengths[: self.rows] += 1

    def update(
        self, key: torch.Tensor, value: torch.Tensor, layer: int, *_: object
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Called by each attention layer: stores the step's keys and values, and gives all that the rows have."""
        rows = torch.arange(self.shown_rows, device=self.device)
        at = self.lengths[: self.shown_rows]
        self.keys[layer][rows, :, at] = key[:, :, 0]
        self.values[layer][rows, :, at] = value[:, :, 0]
        shown = (slice(self.shown_rows), slice(None), slice(self.shown_length))
        return self.keys[layer][shown], self.values[layer][shown]

    def get_seq_length(self, *_: object) -> int:
        return self.shown_length
