"""The tool str_replace_editor: one JSON object on stdin, an answer for the model on stdout, exit code 0 or 1.

Runs as the agent inside the sandbox, on whatever Python 3 the image has (3.6 and newer), with the standard library only.
Relative paths stand below the folder named as first argument (/testbed unless told).
"""

import difflib
import hashlib
import json
import os
import re
import stat
import sys
import tempfile

ROOT = sys.argv[1] if len(sys.argv) > 1 else "/testbed"
HISTORY = os.path.join(os.environ.get("HOME") or tempfile.gettempdir(), ".steadfast-editor")
KEPT_EDITS = 50
FILE_BYTES = 10 * 1024 * 1024
LISTED_ENTRIES = 500
CONTEXT_LINES = 4


class Refused(Exception):
    """An answer that says what was wrong and what to do."""


# -----------------------------------------------------------------------------
# Commands


def view(call, path):
    if os.path.isdir(path):
        if call.get("view_range"):
            raise Refused("%s is a folder: view_range is for files. Leave it out." % path)
        return listing(path)
    lines = lines_of(Text(path).text)
    first, last = call.get("view_range") or (1, -1)
    if last == -1:
        last = max(len(lines), first)
    if first < 1 or last < first or first > max(len(lines), 1):
        raise Refused(
            "view_range [%d, %d] is not within the file: it has %d lines. Use 1 <= first <= last, or -1 for the last."
            % (first, last, len(lines))
        )
    if not lines:
        return "%s is empty." % path
    return numbered(lines, first, min(last, len(lines)))


def create(call, path):
    if os.path.lexists(path):
        kind = "a folder" if os.path.isdir(path) else "a file"
        raise Refused(
            "%s is already there (%s). Use str_replace or insert to change it, or remove it with bash first." % (path, kind)
        )
    data = encode(call["file_text"])
    os.makedirs(os.path.dirname(path), exist_ok=True)
    save(path, None, data)
    return "Created %s (lines: %d)." % (path, len(lines_of(call["file_text"])))


def str_replace(call, path):
    file = Text(path)
    old, new = file.like(call["old_str"]), file.like(call.get("new_str") or "")
    if old == "":
        raise Refused("old_str is empty. Give the text to replace, or use insert.")
    if old == new:
        raise Refused("old_str and new_str are the same: nothing to do.")
    starts = occurrences(file.text, old)
    if not starts:
        raise Refused("Nothing was changed: old_str does not occur in %s.%s" % (path, near_miss(file.text, old)))
    if len(starts) > 1:
        at = ", ".join(str(file.text.count("\n", 0, start) + 1) for start in starts[:10])
        raise Refused(
            "Nothing was changed: old_str occurs %d times in %s, at lines %s. Add lines around it until it is unique."
            % (len(starts), path, at + (", ..." if len(starts) > 10 else ""))
        )
    start = starts[0]
    file.change(file.text[:start] + new + file.text[start + len(old) :])
    first = file.text.count("\n", 0, start) + 1
    return edited(path, file.text, first, first + new.count("\n"))


def insert(call, path):
    file = Text(path)
    lines, after = lines_of(file.text), call["insert_line"]
    if not 0 <= after <= len(lines):
        raise Refused("insert_line %d is not within the file: use 0 to %d." % (after, len(lines)))
    added = file.like(call["new_str"])
    added = (added[:-1] if added.endswith("\n") else added).split("\n")
    ended = file.text == "" or file.text.endswith("\n")
    file.change("\n".join(lines[:after] + added + lines[after:]) + ("\n" if ended else ""))
    return edited(path, file.text, after + 1, after + len(added))


def undo_edit(_call, path):
    folder = history_of(path)
    entries = sorted(os.listdir(folder)) if os.path.isdir(folder) else []
    if not entries:
        raise Refused("There is no edit of %s to undo: only edits of this tool are kept." % path)
    newest = os.path.join(folder, entries[-1])
    with open(newest, "rb") as stored:
        head, _, before = stored.read().partition(b"\n")
    entry = json.loads(head.decode("ascii"))
    current = read_bytes(path) if os.path.isfile(path) else None
    if current is None or digest(current) != entry["after"]:
        raise Refused(
            "%s was changed by something else after its last edit here, so undoing would lose that change. "
            "Mend it with str_replace or bash." % path
        )
    if entry["existed"]:
        write(path, before)
    else:
        os.remove(path)
    os.remove(newest)
    return ("Undid the last edit of %s." if entry["existed"] else "Removed %s, which create had made.") % path


# -----------------------------------------------------------------------------
# Files


class Text:
    """A text file, with "\\n" as its line end while it is here; one that is all "\\r\\n" is written back so."""

    def __init__(self, path):
        if not os.path.lexists(path):
            raise Refused("There is no file %s.%s" % (path, neighbours(path)))
        self.path = path
        self.data = read_bytes(path)
        try:
            text = self.data.decode("utf-8")
        except UnicodeDecodeError as error:
            raise Refused(
                "%s is not UTF-8 text (byte %d); this tool cannot show or edit it. Use bash." % (path, error.start)
            )
        if "\0" in text:
            raise Refused("%s is a binary file; this tool cannot show or edit it. Use bash." % path)
        self.crlf = "\r\n" in text and text.count("\n") == text.count("\r\n")
        self.text = self.like(text)

    def like(self, text):
        return text.replace("\r\n", "\n") if self.crlf else text

    def change(self, text):
        data = encode(text.replace("\n", "\r\n") if self.crlf else text)
        if not os.access(self.path, os.W_OK):
            raise Refused("%s is read-only. Change its mode with bash first, if it is yours to change." % self.path)
        save(self.path, self.data, data)
        self.text = text


def read_bytes(path):
    if os.path.isdir(path):
        raise Refused("%s is a folder; this command needs a file." % path)
    if not os.path.isfile(path):
        raise Refused("%s is not a regular file." % path)
    if os.path.getsize(path) > FILE_BYTES:
        raise Refused("%s is larger than %d MB. Use bash (sed -n, head, grep)." % (path, FILE_BYTES >> 20))
    with open(path, "rb") as file:
        return file.read()


def write(path, data):
    """Writes beside the file and renames, so that nobody finds half of it; mode and links stay."""
    target = os.path.realpath(path)
    mode = stat.S_IMODE(os.stat(target).st_mode) if os.path.exists(target) else None
    handle, temporary = tempfile.mkstemp(dir=os.path.dirname(target), prefix=".edit-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        if mode is None:
            mask = os.umask(0)
            os.umask(mask)
            mode = 0o666 & ~mask
        os.chmod(temporary, mode)
        os.replace(temporary, target)
    except BaseException:
        os.unlink(temporary)
        raise


def encode(text):
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError:
        raise Refused("The text holds half a surrogate pair, which no file can. Nothing was changed.")


# -----------------------------------------------------------------------------
# History, for undo_edit


def save(path, before, after):
    entry = remember(path, before, after)
    try:
        write(path, after)
    except BaseException:
        os.remove(entry)
        raise


def history_of(path):
    return os.path.join(HISTORY, digest(os.fsencode(os.path.realpath(path))))


def remember(path, before, after):
    folder = history_of(path)
    os.makedirs(folder, exist_ok=True)
    entries = sorted(os.listdir(folder))
    number = int(entries[-1]) + 1 if entries else 0
    head = json.dumps({"existed": before is not None, "after": digest(after)}).encode("ascii")
    newest = os.path.join(folder, "%08d" % number)
    with open(newest, "wb") as stored:
        stored.write(head + b"\n" + (before or b""))
    for old in entries[: max(0, len(entries) + 1 - KEPT_EDITS)]:
        os.remove(os.path.join(folder, old))
    return newest


def digest(data):
    return hashlib.sha256(data).hexdigest()


# -----------------------------------------------------------------------------
# Words for the model


def lines_of(text):
    lines = text.split("\n")
    return lines[:-1] if lines[-1] == "" else lines


def numbered(lines, first, last):
    return "\n".join("%6d\t%s" % (number, lines[number - 1]) for number in range(first, last + 1))


def edited(path, text, first, last):
    lines = lines_of(text)
    first, last = max(1, first - CONTEXT_LINES), min(len(lines), last + CONTEXT_LINES)
    return "Edited %s. Lines %d to %d are now:\n%s" % (path, first, last, numbered(lines, first, last))


def listing(path):
    shown = [path.rstrip("/") + "/"]
    for entry in entries_of(path):
        shown.append("  " + entry)
        if entry.endswith("/") and not os.path.islink(os.path.join(path, entry[:-1])):
            shown += ["    " + inner for inner in entries_of(os.path.join(path, entry))]
        if len(shown) > LISTED_ENTRIES:
            shown = shown[:LISTED_ENTRIES] + ["  ... and more: view a folder below it"]
            break
    return "\n".join(shown + ["(two levels; hidden files are left out)"])


def entries_of(folder):
    try:
        names = sorted(name for name in os.listdir(folder) if not name.startswith(".") and name != "__pycache__")
    except OSError as error:
        return ["(%s)" % error.strerror]
    return [name + "/" if os.path.isdir(os.path.join(folder, name)) else name for name in names]


def neighbours(path):
    folder = os.path.dirname(path)
    if not os.path.isdir(folder):
        return " There is no folder %s either." % folder
    near = difflib.get_close_matches(os.path.basename(path), os.listdir(folder), 3)
    return " Did you mean %s?" % " or ".join(near) if near else ""


def occurrences(text, part):
    starts, at = [], text.find(part)
    while at != -1:
        starts.append(at)
        at = text.find(part, at + 1)
    return starts


def near_miss(text, old):
    """A hint at what old_str was meant to be."""
    lines, wanted = lines_of(text), lines_of(old.strip("\n"))
    if re.match(r"\s*\d+\t", old):
        return " It seems to hold line numbers of view: leave them out."
    bare = [line.strip() for line in wanted]
    for at in range(len(lines) - len(wanted) + 1):
        if [line.strip() for line in lines[at : at + len(wanted)]] == bare:
            last = at + len(wanted)
            return " Lines %d to %d differ from it in white space only:\n%s" % (at + 1, last, numbered(lines, at + 1, last))
    longest = max(bare, key=len)
    near = difflib.get_close_matches(longest, [line.strip() for line in lines[:20000]], 1, 0.6) if longest else []
    if not near:
        return " View the file and copy the text exactly."
    at = [line.strip() for line in lines].index(near[0]) + 1
    first, last = max(1, at - 2), min(len(lines), at + 2)
    return " The most similar lines are:\n%s" % numbered(lines, first, last)


# -----------------------------------------------------------------------------


def main():
    sys.stdout.reconfigure(encoding="utf-8", errors="replace") if hasattr(sys.stdout, "reconfigure") else None
    call = json.loads(sys.stdin.buffer.read().decode("utf-8"))
    path = os.path.normpath(os.path.join(ROOT, call["path"]))
    commands = {"view": view, "create": create, "str_replace": str_replace, "insert": insert, "undo_edit": undo_edit}
    try:
        if "\0" in path:
            raise Refused("%s holds a NUL character, which no path can." % path.replace("\0", "\\0"))
        print(commands[call["command"]](call, path))
        return 0
    except Refused as refusal:
        print(refusal)
    except OSError as error:
        print("%s: %s. Nothing was changed." % (error.filename or path, error.strerror or error))
    except ValueError as error:
        print("%s: %s. Nothing was changed." % (path, error))
    return 1


if __name__ == "__main__":
    sys.exit(main())
