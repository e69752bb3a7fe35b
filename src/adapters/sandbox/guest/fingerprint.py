"""Names the state of the agent's file systems by what stands where, without reading a file.

Of each file its type, mode, size, mtime, ctime and inode count: an agent can set them all but ctime, which every write
moves. (One that does not: a file in memory, mapped and first read, then changed through that mapping alone.) Of a
folder only mode and mtime count, since looking into a closed one means to open it for a moment, which moves ctime.
"""
import os
import stat
from marshal import dumps, loads

try:
    # A tenth of the start-up of `hashlib`, which loads OpenSSL.
    from _blake2 import blake2b
except ImportError:
    from hashlib import blake2b

READABLE = 0o500
# Bounds the memory that a folder of very many files costs here.
BATCH = 4096
DIGEST = 32
# The folder whose own mtime does not count: most programs make a file there and remove it again.
TEMPORARY = b"tmp"


def walk(roots):
    """Yields (name, mode, mtime, files) of every folder in order, in pieces: a file is (name, mode, size, mtime, ctime, inode)."""
    pending = [(os.fsencode(name), os.fsencode(path), None) for name, path in reversed(roots.items())]
    sees_all = os.geteuid() == 0
    try:
        while pending:
            name, path, mode = pending.pop()
            if mode is not None:
                os.chmod(path, mode)
                continue
            info = os.lstat(path)
            mode = info.st_mode & 0o7777
            mtime = 0 if name == TEMPORARY else info.st_mtime_ns
            if mode & READABLE != READABLE and not sees_all:
                pending.append((name, path, mode))
                os.chmod(path, mode | READABLE)
            files, folders = [], []
            for entry in sorted(os.listdir(path)):
                inner = path + b"/" + entry
                its = os.lstat(inner)
                if stat.S_ISDIR(its.st_mode):
                    folders.append((name + b"/" + entry, inner, None))
                    continue
                files.append((entry, its.st_mode, its.st_size, its.st_mtime_ns, its.st_ctime_ns, its.st_ino))
                if len(files) == BATCH:
                    yield name, mode, mtime, files
                    files = []
            yield name, mode, mtime, files
            pending += reversed(folders)
    finally:
        for _, path, mode in reversed(pending):
            if mode is not None:
                os.chmod(path, mode)


def digest_of(folders):
    digest = blake2b(digest_size=DIGEST // 2)
    for folder in folders:
        digest.update(dumps(folder, 2))
    return digest.hexdigest()


def start_of(roots):
    """The state at opening as it is kept: its digest, and the listing that a snapshot is compared with."""
    folders = list(walk(roots))
    return digest_of(folders).encode() + dumps(folders, 2)


def read_start(data):
    return loads(data[DIGEST:])


def fingerprint(start, roots):
    """`start` for the state of that digest, else a digest; one of its own each time where a folder cannot be looked into."""
    try:
        digest = digest_of(walk(roots)).encode()
    except OSError:
        return b"unknown-" + os.urandom(8).hex().encode()
    return b"start" if digest == start else digest
