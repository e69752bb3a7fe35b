"""A lock that is given in the order asked for."""

import threading
from collections import deque


class FairLock:
    """Sampling and training take turns on one model. A plain lock would let the decode loop starve the trainer,
    as it asks again right after it let go."""

    def __init__(self) -> None:
        self.guard = threading.Lock()
        self.waiting: deque[threading.Event] = deque()
        self.held = False

    def __enter__(self) -> "FairLock":
        with self.guard:
            if not self.held:
                self.held = True
                return self
            turn = threading.Event()
            self.waiting.append(turn)
        turn.wait()
        return self

    def __exit__(self, *_: object) -> None:
        with self.guard:
            if self.waiting:
                self.waiting.popleft().set()
            else:
                self.held = False
