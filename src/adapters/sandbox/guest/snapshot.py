"""Packs what the agent has made of its file systems since the opening into one tar file in the scratch folder.

snapshot.py <scratch folder> <limit>: runs as the agent, in the sandbox, with the listing of the opening on stdin. The
first member, `changes.json`, says what to remove and which modes to set; the rest are the new and changed files under
their names from the root. Exit 3 when there is more than the limit or the room allows.
"""
import errno
import json
import os
import resource
import shutil
import stat
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from fingerprint import READABLE, read_start, walk  # noqa: E402

ROOTS = {"testbed": "/testbed", "tmp": "/tmp", "home/agent": "/home/agent"}
TOO_LARGE = 3
CHANGES = "changes.json"
# Owners are the same everywhere; times of access and change would make equal states unequal archives.
TAR = (
    "tar --create --sparse --no-recursion --format=posix --numeric-owner --owner=0 --group=0 "
    "--pax-option=exthdr.name=%d/PaxHeaders/%f,delete=atime,delete=ctime"
).split()


class Listing:
    """Files and folders by their names from the root."""

    def __init__(self, folders):
        self.folders, self.files = {}, {}
        for name, mode, mtime, files in folders:
            self.folders[name] = (mode, mtime)
            for file in files:
                self.files[name + b"/" + file[0]] = file[1:]

    def type_of(self, name):
        return stat.S_IFDIR if name in self.folders else stat.S_IFMT(self.files.get(name, (0,))[0])


def removed(start, now):
    """Names that are gone or of another type, without what lies in a folder that is named already."""
    names, last = [], None
    for name in sorted([*start.folders, *start.files], key=lambda name: name.split(b"/")):
        inside = last is not None and name.startswith(last + b"/")
        if not inside and start.type_of(name) != now.type_of(name):
            last = name
            names.append(name)
    return names


def changed(start, now):
    """Files to pack: sockets and devices are nothing without those who made them."""
    packed = (stat.S_IFREG, stat.S_IFLNK, stat.S_IFIFO)
    return [name for name, file in now.files.items() if start.files.get(name) != file and stat.S_IFMT(file[0]) in packed]


def folders_of(start, now, names):
    """Folders that changed themselves, and those above anything that did."""
    found = {name for name, folder in now.folders.items() if start.folders.get(name) != folder}
    for name in [*found, *names]:
        while b"/" in name:
            name = name.rpartition(b"/")[0]
            if name in now.folders:
                found.add(name)
    return sorted(found)


def size_of(files):
    """Bytes on disk, a file of several names once."""
    infos = [os.lstat(b"/" + name) for name in files]
    return sum({(info.st_dev, info.st_ino): min(info.st_size, info.st_blocks * 512) for info in infos}.values())


def pack(scratch, limit, names):
    listing = scratch + "/names"
    with open(listing, "wb") as file:
        file.write(b"\0".join(names))
    command = [*TAR, "--file", scratch + "/archive", "-C", scratch, CHANGES]
    command += ["-C", "/", "--null", "--no-unquote", "--files-from", listing]
    limits = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))  # noqa: E731
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, preexec_fn=limits)
    # Ended by a signal: at the limit of its file, or for want of memory.
    if done.returncode < 0 or b"No space left" in done.stderr or b"File too large" in done.stderr:
        sys.exit(TOO_LARGE)
    if done.returncode != 0:
        sys.stderr.buffer.write(done.stderr)
        sys.exit(4)


def main():
    scratch, limit = sys.argv[1], int(sys.argv[2])
    for name in os.listdir(scratch):
        path = scratch + "/" + name
        shutil.rmtree(path, ignore_errors=True) if os.path.isdir(path) and not os.path.islink(path) else os.unlink(path)
    start = Listing(read_start(sys.stdin.buffer.read()))
    try:
        now = Listing(walk(ROOTS))
    except OSError as error:
        # Folders nested more deeply than a path may be long: tar could not bring them back.
        sys.exit(TOO_LARGE if error.errno == errno.ENAMETOOLONG else repr(error))
    gone, files = removed(start, now), changed(start, now)
    folders = folders_of(start, now, gone + files)
    modes = {name: now.folders[name][0] for name in folders}
    closed = {name: mode for name, mode in modes.items() if mode & READABLE != READABLE}
    for name in files:
        mode = now.files[name][0]
        if stat.S_ISREG(mode) and not mode & 0o400:
            modes[name] = closed[name] = mode & 0o7777
    with open(scratch + "/" + CHANGES, "w") as file:
        json.dump({"removed": [*map(os.fsdecode, gone)], "modes": {os.fsdecode(n): m for n, m in modes.items()}}, file)
    try:
        for name in sorted(closed):
            os.chmod(b"/" + name, closed[name] | READABLE)
        if size_of(files) > limit:
            sys.exit(TOO_LARGE)
        pack(scratch, limit, [name + b"\0" for name in folders + files])
    finally:
        for name in sorted(closed, reverse=True):
            os.chmod(b"/" + name, closed[name])


main()
