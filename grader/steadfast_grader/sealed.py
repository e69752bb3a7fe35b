"""Keeps the official packages to reading: some of their functions would clone a repository or ask GitHub."""

import sys

REFUSED = (
    "os.exec",
    "os.fork",
    "os.forkpty",
    "os.posix_spawn",
    "os.system",
    "socket.bind",
    "socket.connect",
    "socket.getaddrinfo",
    "socket.gethostbyname",
    "socket.sendto",
    "subprocess.Popen",
)


class Refused(RuntimeError):
    """A package reached for the network or for another program."""


def seal():
    """Cannot be undone in this process."""

    def hook(event, _arguments):
        if event in REFUSED:
            raise Refused(f"the grader neither uses the network nor starts programs: {event}")

    sys.addaudithook(hook)
