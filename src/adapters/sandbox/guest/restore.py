"""Puts a sandbox that was just opened into the state of a snapshot's archive (see snapshot.py), which is on stdin.

Runs as the agent, in the sandbox: the archive holds an agent's content, and can do here what an agent can.
"""
import json
import os
import shutil
import stat
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from fingerprint import walk  # noqa: E402

ROOTS = {"testbed": "/testbed", "tmp": "/tmp", "home/agent": "/home/agent"}
CHANGES = "changes.json"


def tar(*options):
    """Extracts from the start of stdin, which is a file."""
    os.lseek(0, 0, os.SEEK_SET)
    done = subprocess.run(["tar", "--extract", "--file=-", *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if done.returncode != 0:
        sys.stderr.buffer.write(done.stderr[-2000:])
        sys.exit(4)
    return done.stdout


def path_of(name):
    """Where a name of the archive stands; it must lie in one of the roots."""
    name = os.fsencode(name)
    root = any((name + b"/").startswith(os.fsencode(root) + b"/") for root in ROOTS)
    if not root or b".." in name.split(b"/"):
        sys.exit("a name that leads out: %r" % name)
    return b"/" + name


def open_folders():
    """Gives the agent the use of its own closed folders, and answers their modes."""
    opened = {}
    for name, mode, _, _ in walk(ROOTS):
        if mode & 0o700 != 0o700:
            opened[b"/" + name] = mode
    for path in sorted(opened):
        os.chmod(path, opened[path] | 0o700)
    return opened


def remove(path):
    if os.path.isdir(path) and not os.path.islink(path):
        shutil.rmtree(path)
    elif os.path.lexists(path):
        os.unlink(path)


def main():
    changes = json.loads(tar("--to-stdout", "--occurrence=1", CHANGES))
    modes = open_folders()
    for name in changes["removed"]:
        remove(path_of(name))
    # Modes and times of folders are set last: their files come after them.
    options = ("--delay-directory-restore", "--same-permissions", "--anchored", "--no-wildcards")
    tar("--directory=/", *options, "--exclude=" + CHANGES)
    modes.update((path_of(name), mode) for name, mode in changes["modes"].items())
    for path in sorted(modes, reverse=True):
        if os.path.lexists(path) and not os.path.islink(path):
            os.chmod(path, stat.S_IMODE(modes[path]))


main()
