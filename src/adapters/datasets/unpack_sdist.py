"""Unpacks a source distribution with its top folder stripped, and nothing outside the destination.

    python unpack_sdist.py ARCHIVE DESTINATION
"""

import os
import shutil
import sys
import tarfile
import zipfile


def main():
    archive, destination = sys.argv[1:]
    if archive.endswith(".zip"):
        with zipfile.ZipFile(archive) as file:
            for entry in file.infolist():
                if not entry.is_dir():
                    write(destination, entry.filename, file.open(entry), False)
        return
    links = []
    with tarfile.open(archive) as file:
        for member in file:
            if member.isfile():
                write(destination, member.name, file.extractfile(member), bool(member.mode & 0o100))
            elif member.issym():
                links.append((place(destination, member.name), member.linkname))
            elif not member.isdir() and member.type not in (tarfile.XHDTYPE, tarfile.XGLTYPE):
                sys.exit(f"{member.name} is neither a file, a folder nor a symbolic link")
    # Last, so that no file is written through a link.
    for path, target in links:
        link(destination, path, target)


def write(destination, name, content, executable):
    path = place(destination, name)
    if path is None:
        return
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with content, open(path, "wb") as file:
        shutil.copyfileobj(content, file)
    os.chmod(path, 0o755 if executable else 0o644)


def place(destination, name):
    """The path of an entry below the destination; None for the top folder's own."""
    parts = [part for part in name.split("/") if part not in ("", ".")]
    if name.startswith("/") or ".." in parts:
        sys.exit(f"{name} leaves the archive's folder")
    return os.path.join(destination, *parts[1:]) if len(parts) > 1 else None


def link(destination, path, target):
    inside = os.path.realpath(destination) + os.sep
    folder = os.path.dirname(path)
    os.makedirs(folder, exist_ok=True)
    reached = os.path.realpath(os.path.join(folder, target))
    # Links made before this one are inside already, so resolving is enough.
    if os.path.isabs(target) or not (reached + os.sep).startswith(inside):
        sys.exit(f"{path} links out of the archive's folder")
    os.symlink(target, path)


if __name__ == "__main__":
    main()
