"""Keeps the head and the tail of a command's output and drops the rest where it arises."""
import os
import select
import time

CHUNK = 1 << 20
# Past this much output reading slows to about 100 MB/s: an endless printer is to wait for its pipe, not for our CPU.
UNHURRIED = 16 << 20


class Capture:
    def __init__(self, file, head, tail):
        self.file = file
        self.head_limit = head
        self.tail_limit = tail
        self.head = bytearray()
        self.tail = bytearray()
        self.total = 0
        self.buffer = bytearray(CHUNK)

    def read(self):
        """Takes in what the pipe holds; False at its end."""
        size = os.readv(self.file, [self.buffer])
        if size == 0:
            return False
        self.total += size
        start = min(size, self.head_limit - len(self.head))
        self.head += self.buffer[:start]
        if self.tail_limit:
            self.tail += self.buffer[max(start, size - self.tail_limit) : size]
            if len(self.tail) > 2 * self.tail_limit:
                del self.tail[: -self.tail_limit]
        if self.total > UNHURRIED:
            time.sleep(0.01)
        return True

    def drain(self):
        """Takes in what is left once every writer has ended; the bound is for writers that could not be ended."""
        poll = select.poll()
        poll.register(self.file, select.POLLIN)
        end = time.monotonic() + 2
        while time.monotonic() < end and poll.poll(200):
            if not self.read():
                return

    def kept(self):
        return bytes(self.head + self.tail[-self.tail_limit :]) if self.tail_limit else bytes(self.head)

    def dropped(self):
        return self.total - len(self.kept())
