"""Fills a new container: run as root with `<length>\\n<json>` on stdin, then a tar of the repository.

Its files go where only root writes; tree and commit are made by the agent's uid, which owns them. Nothing of the
agent's runs before it has ended.
"""
import json
import os
import subprocess
import sys

ROOT = "/run/steadfast"
TREE = "/testbed"
HOME = "/home/agent"
GUEST = "/opt/steadfast/guest"
AGENT = 1000
# Exit code: the instance's patch is at fault, not the container.
PATCH_DOES_NOT_APPLY = 5


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


def apply_patch(patch):
    """Makes the instance's bug. Benchmarks' patches may stand on looser context than git's: `patch` is asked next."""
    # `git apply` without --reject leaves the tree as it was when it fails.
    ways = [["git", "apply", "-p1", "--whitespace=nowarn", "-"]]
    ways += [["patch", "--fuzz=5", "-p1", "--forward", "--batch", "--no-backup-if-mismatch", "--reject-file=-"]]
    said = []
    for way in ways:
        code, words = attempt(way, patch)
        if code == 0:
            return
        said += ["%s: %s" % (way[0], words.strip()[:500])]
    sys.stderr.write("\n".join(said))
    sys.exit(PATCH_DOES_NOT_APPLY)


def attempt(arguments, stdin):
    # Root's own configuration is not the agent's to read; what the image sets for git is not the patch's business.
    own = {"HOME": HOME, "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1", "LC_ALL": "C"}
    # In a repository above the tree, git would take paths as relative to that repository's root and skip them all; what is
    # left of the tree's own is none.
    own["GIT_DIR"] = "/dev/null"
    both = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    data = stdin.encode("utf-8", "surrogatepass")
    try:
        done = subprocess.run(
            arguments, cwd=TREE, env={**os.environ, **own}, input=data, preexec_fn=as_agent, timeout=60, **both
        )
    except FileNotFoundError:
        return 127, "not in the image"
    except subprocess.TimeoutExpired:
        return 124, "took longer than 60 s"
    return done.returncode, done.stdout.decode(errors="replace")


def write(path, text, mode):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as file:
        file.write(text)
    os.chmod(path, mode)


def write_start():
    """Keeps the state that a snapshot is compared with; seen as the agent sees it, since root may not look everywhere."""
    sys.path.insert(0, GUEST)
    from fingerprint import start_of

    os.seteuid(AGENT)
    start = start_of({"testbed": TREE, "tmp": "/tmp", "home/agent": HOME})
    os.seteuid(0)
    with open(ROOT + "/start", "wb") as file:
        file.write(start)


def main():
    os.umask(0o022)
    head = b""
    while not head.endswith(b"\n"):
        head += take(1)
    request = json.loads(take(int(head)))
    for name, text in request["guest"].items():
        write(GUEST + "/" + name, text, 0o755)
    # Unpacked by name and not by option alone: an image's tree stands under `testbed/`, a folder's under `./`.
    unpack = ["tar", "-x", "-f", "-", "-C", TREE, "--no-same-owner", "--strip-components=%d" % request["strip"]]
    # Of an image's git folder its index is needed, see commit.sh; what else begins as that does is small.
    exclude = ["--anchored", "--exclude=./.git", "--exclude=testbed/.git/[!i]*"]
    run(unpack + exclude, preexec_fn=as_agent)
    if request["patch"]:
        apply_patch(request["patch"])
    run(["sh", GUEST + "/commit.sh", request["commit"], *request["hidden"]], preexec_fn=as_agent, stdin=subprocess.DEVNULL)
    run(["cp", "-R", TREE + "/.git", ROOT + "/base.git"])
    os.mkdir(ROOT + "/calls", 0o700)
    write(ROOT + "/environment", request["environment"], 0o600)
    write(ROOT + "/lock", "", 0o600)
    write_start()
    write(ROOT + "/ready", "", 0o600)


main()
