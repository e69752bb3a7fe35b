"""Fills a new container: run as root with `<length>\\n<json>` on stdin, then a tar of the repository.

Its files go where only root writes; tree and commit are made by the agent's uid, which owns them. Nothing of the
agent's runs before it has ended.
"""
import json
import os
import subprocess
import sys

ROOT = "/run/steadfast"
GUEST = "/opt/steadfast/guest"
AGENT = 1000


def take(size):
    data = b""
    while len(data) < size:
        more = os.read(0, size - len(data))
        if not more:
            sys.exit("the request ended early")
        data += more
    return data


def as_agent():
    os.setgroups([])
    os.setresgid(AGENT, AGENT, AGENT)
    os.setresuid(AGENT, AGENT, AGENT)
    os.umask(0o022)


def run(arguments, **options):
    done = subprocess.run(arguments, stderr=subprocess.PIPE, **options)
    if done.returncode != 0:
        sys.exit("%s failed: %s" % (arguments[0], done.stderr.decode(errors="replace")[-2000:]))


def write(path, text, mode):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as file:
        file.write(text)
    os.chmod(path, mode)


def main():
    os.umask(0o022)
    head = b""
    while not head.endswith(b"\n"):
        head += take(1)
    request = json.loads(take(int(head)))
    for name, text in request["guest"].items():
        write(GUEST + "/" + name, text, 0o755)
    # Unpacked by name and not by option alone: an image's tree stands under `testbed/`, a folder's under `./`.
    unpack = ["tar", "-x", "-f", "-", "-C", "/testbed", "--no-same-owner", "--strip-components=%d" % request["strip"]]
    exclude = ["--anchored", "--exclude=./.git", "--exclude=testbed/.git"]
    run(unpack + exclude, preexec_fn=as_agent)
    run(["sh", GUEST + "/commit.sh", request["commit"]], preexec_fn=as_agent, stdin=subprocess.DEVNULL)
    run(["cp", "-R", "/testbed/.git", ROOT + "/base.git"])
    os.mkdir(ROOT + "/calls", 0o700)
    write(ROOT + "/environment", request["environment"], 0o600)
    write(ROOT + "/lock", "", 0o600)
    write(ROOT + "/ready", "", 0o600)


main()
