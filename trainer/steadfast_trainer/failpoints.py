"""Named moments at which a test may end this process, or hold it.

STEADFAST_FAILPOINTS names a folder; a file in it arms the moment of its name.
Without the variable nothing is looked at.
"""

import os
import signal
import time
from pathlib import Path

FOLDER = os.environ.get("STEADFAST_FAILPOINTS")


def failpoint(name: str) -> None:
    """Does what the file says (`kill`, `stop`, `delay MILLISECONDS`), once: the file is removed first."""
    if not FOLDER:
        return
    try:
        order = (Path(FOLDER) / name).read_text().split()
        (Path(FOLDER) / name).unlink()
    except FileNotFoundError:
        return
    match order:
        case ["kill"]:
            os.kill(os.getpid(), signal.SIGKILL)
        case ["stop"]:
            os.kill(os.getpid(), signal.SIGSTOP)
        case ["delay", milliseconds]:
            time.sleep(int(milliseconds) / 1000)
        case _:
            raise ValueError(f"failpoint {name} holds {order}: expected kill, stop or delay MILLISECONDS")
