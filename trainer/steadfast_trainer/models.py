"""The base models that are loaded."""

import threading

import torch

from .errors import ApiError
from .hub import model_folder, refused
from .policy import Policy


class Models:
    """The loaded base models. Concurrent calls for one name share one load."""

    def __init__(self, device: str, threads: int | None):
        self.device = device
        self.threads = threads
        self.loaded: dict[str, Policy] = {}
        self.guard = threading.Lock()
        self.loading: dict[str, threading.Lock] = {}

    def load(self, name: str) -> Policy:
        with self.guard:
            lock = self.loading.setdefault(name, threading.Lock())
        with lock:
            if name not in self.loaded:
                folder = model_folder(name)
                try:
                    self.loaded[name] = Policy(name, folder, self.device, self.threads)
                except (torch.OutOfMemoryError, MemoryError) as error:
                    raise ApiError(507, f"model {name} does not fit: {error}", code="out_of_memory") from error
                except ApiError:
                    raise
                except (
                    Exception
                ) as error:  # the files are anyone's: whatever is wrong with them is the caller's to know
                    raise refused(name, f"{type(error).__name__}: {str(error).splitlines()[0][:300]}") from error
            return self.loaded[name]
