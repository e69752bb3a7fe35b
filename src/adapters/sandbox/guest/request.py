"""The request that a supervisor is given: `<length>\\n`, then fields of `<name> <length>\\n<bytes>`, then the stdin.

A list's items have NULs between. The adapter writes it (src/adapters/sandbox/request.ts).
"""
import os

from launch import memory_file


class Request:
    def __init__(self, fields):
        text = {name: value.decode("utf-8", "surrogatepass") for name, value in fields.items()}
        self.root = text["root"]
        # Names the kept result; empty keeps none.
        self.call = text["call"]
        self.opening = text["opening"] == "true"
        self.argv = items(text["argv"])
        self.script = fields["script"]
        # An open file; filled by `read_request`.
        self.stdin = None
        self.stdin_bytes = int(text["stdinBytes"])
        self.cwd = text["cwd"]
        self.timeout = int(text["timeoutMs"]) / 1000
        self.head = int(text["head"])
        self.tail = int(text["tail"])
        # Bytes taken of what the command writes to its report's pipe; 0 makes no such pipe.
        self.report = int(text["report"])
        self.uid = int(text["uid"]) if text["uid"] else None
        self.cgroups = items(text["cgroups"])
        self.oom = items(text["oom"])
        self.stage = pairs(text["stage"])
        # The agent's folders by their names in a snapshot; none where the state is not asked for.
        self.roots = pairs(text["roots"])
        # The file that the command makes and the answer carries; such a command reads the opening's listing.
        self.archive = text["archive"]


def items(text):
    return text.split("\0") if text else []


def pairs(text):
    parts = items(text)
    return dict(zip(parts[::2], parts[1::2]))


def read_request():
    """The whole request, or None when its sender was cut off: half a command must not run."""
    data = b""
    while b"\n" not in data:
        more = os.read(0, 65536)
        if not more:
            return None
        data += more
    length, data = data.split(b"\n", 1)
    length = int(length)
    while len(data) < length:
        more = os.read(0, 1 << 20)
        if not more:
            return None
        data += more
    request = Request(fields_of(data[:length]))
    request.stdin = take_stdin(data[length:], request.stdin_bytes)
    return None if request.stdin is None else request


def take_stdin(data, size):
    """Takes the command's stdin into a file as it comes: a snapshot's archive is not to be in memory twice."""
    file = memory_file(data, rewound=False)
    missing = size - len(data)
    while missing > 0:
        data = os.read(0, min(missing, 1 << 20))
        if not data:
            return None
        missing -= len(data)
        while data:
            data = data[os.write(file, data) :]
    os.lseek(file, 0, os.SEEK_SET)
    return file


def fields_of(data):
    fields, at = {}, 0
    while at < len(data):
        line = data.index(b"\n", at)
        name, length = data[at:line].split(b" ")
        at = line + 1 + int(length)
        fields[name.decode()] = data[line + 1 : at]
    return fields
