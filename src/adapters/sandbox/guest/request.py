"""The request that a supervisor is given: `<length>\\n`, then fields of `<name> <length>\\n<bytes>`.

A list's items have NULs between. The adapter writes it (src/adapters/sandbox/request.ts).
"""
import os


class Request:
    def __init__(self, fields):
        text = {name: value.decode("utf-8", "surrogatepass") for name, value in fields.items()}
        self.root = text["root"]
        # Names the kept result; empty keeps none.
        self.call = text["call"]
        self.opening = text["opening"] == "true"
        self.argv = items(text["argv"])
        self.script = fields["script"]
        self.stdin = fields["stdin"]
        self.cwd = text["cwd"]
        self.timeout = int(text["timeoutMs"]) / 1000
        self.head = int(text["head"])
        self.tail = int(text["tail"])
        self.uid = int(text["uid"]) if text["uid"] else None
        self.cgroups = items(text["cgroups"])
        self.oom = items(text["oom"])
        stage = items(text["stage"])
        self.stage = dict(zip(stage[::2], stage[1::2]))


def items(text):
    return text.split("\0") if text else []


def read_request():
    """The whole request, or None when its sender was cut off: half a command must not run."""
    data = b""
    while b"\n" not in data:
        more = os.read(0, 65536)
        if not more:
            return None
        data += more
    length, data = data.split(b"\n", 1)
    parts, missing = [data], int(length) - len(data)
    while missing > 0:
        more = os.read(0, 1 << 20)
        if not more:
            return None
        parts.append(more)
        missing -= len(more)
    return Request(fields_of(b"".join(parts)))


def fields_of(data):
    fields, at = {}, 0
    while at < len(data):
        line = data.index(b"\n", at)
        name, length = data[at:line].split(b" ")
        at = line + 1 + int(length)
        fields[name.decode()] = data[line + 1 : at]
    return fields
