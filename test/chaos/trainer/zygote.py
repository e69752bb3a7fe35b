"""Forks policy servers from one process that has imported all they need: a start costs a fork, and not seconds.

Orders come as lines of JSON on the standard input, `{"serve": ARGUMENTS, "failpoints": FOLDER}` or
`{"make_model": FOLDER}`; each is carried out in a fork of its own, by the server's own code. Answers are lines on the
standard output: the server's own, and `{"started": PID}` and `{"ended": PID, "code": CODE}`.
"""

import ctypes
import importlib
import json
import os
import select
import signal
import sys

os.environ.update(
    CUBLAS_WORKSPACE_CONFIG=":4096:8", TOKENIZERS_PARALLELISM="false", OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1"
)

import torch

from steadfast_trainer import failpoints, serve, tiny_model

# What a server imports only when it starts, is asked, or loads a model.
for name in (
    "steadfast_trainer.app",
    "transformers.models.qwen3.modeling_qwen3",
    "uvicorn.lifespan.on",
    "uvicorn.protocols.http.auto",
):
    importlib.import_module(name)

DIES_WITH_PARENT = 1  # PR_SET_PDEATHSIG


def make_model(folder: str) -> None:
    """A random model of two layers: what is tested is what becomes of steps, not the learning."""
    torch.manual_seed(0)
    tokenizer = tiny_model.make_tokenizer([[{"role": "user", "content": "test_add in a.py fails"}]], 400, 1024)
    tiny_model.make_model(tokenizer, 64, 2, 1024).save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def forked(order: dict) -> int:
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        ctypes.CDLL(None).prctl(DIES_WITH_PARENT, signal.SIGKILL)
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        if "make_model" in order:
            make_model(order["make_model"])
        else:
            failpoints.FOLDER = order["failpoints"]  # as its variable would have set it
            sys.argv = ["steadfast_trainer.serve", *order["serve"]]
            serve.main()
        code = 0
    finally:
        os._exit(code)


def say(**fields: int) -> None:
    os.write(1, (json.dumps(fields) + "\n").encode())


def main() -> None:
    if len(os.listdir("/proc/self/task")) > 1:
        sys.exit("zygote: an import has started threads, which a fork would lose")
    died, wake = os.pipe()
    os.set_blocking(wake, False)
    signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    say(ready=os.getpid())
    pending = b""
    while True:
        readable, _, _ = select.select([0, died], [], [])
        if died in readable:
            os.read(died, 4096)
            while (ended := ended_child()) is not None:
                say(ended=ended[0], code=ended[1])
        if 0 in readable:
            data = os.read(0, 65536)
            if not data:
                return
            *lines, pending = (pending + data).split(b"\n")
            for line in lines:
                say(started=forked(json.loads(line)))


def ended_child() -> tuple[int, int] | None:
    try:
        pid, status = os.waitpid(-1, os.WNOHANG)
    except ChildProcessError:
        return None
    return (pid, os.waitstatus_to_exitcode(status)) if pid else None


main()
