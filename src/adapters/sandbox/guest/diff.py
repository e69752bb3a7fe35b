"""Prints the agent's changes to /testbed as a git patch, whatever the agent did to its own .git.

diff.py <pristine .git> <scratch folder> <limit>: runs as the agent, in the sandbox, with a git folder of its own made
from the pristine one. Ignored new files are left out, as git does; exit 3 when the patch is larger than the limit.
"""
import os
import shutil
import stat
import subprocess
import sys

TREE = "/testbed"
TOO_LARGE = 3
CACHES = {".git", "__pycache__", ".pytest_cache"}
CONFIG = """[core]
repositoryformatversion = 0
bare = false
filemode = true
symlinks = true
fsmonitor = false
hooksPath = /dev/null
attributesFile = /dev/null
excludesFile = /dev/null
"""
# Of higher rank than any .gitattributes that the agent wrote; `%s` is how files are told text from binary.
ATTRIBUTES = "* -text !eol !crlf !ident !filter !working-tree-encoding %s\n"


class Repository:
    """A throw-away git folder over /testbed that borrows the pristine one's objects and index."""

    def __init__(self, pristine, scratch):
        self.folder = scratch + "/git"
        with open(pristine + "/refs/heads/main") as file:
            self.commit = file.read().strip()
        for name in ("objects/info", "refs", "info"):
            os.makedirs(self.folder + "/" + name)
        self.write("HEAD", "ref: refs/heads/none\n")
        self.write("config", CONFIG)
        self.write("objects/info/alternates", pristine + "/objects\n")
        self.use_attributes("!diff")
        shutil.copyfile(pristine + "/index", self.folder + "/index")

    def write(self, name, text):
        with open(self.folder + "/" + name, "w") as file:
            file.write(text)

    def use_attributes(self, diff):
        self.write("info/attributes", ATTRIBUTES % diff)

    def git(self, *arguments, stdin=b"", accept=(0,)):
        environment = {
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "LC_ALL": "C.UTF-8",
            "HOME": self.folder,
            "GIT_DIR": self.folder,
            "GIT_WORK_TREE": TREE,
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_GLOBAL": "/dev/null",
            "GIT_ATTR_NOSYSTEM": "1",
        }
        done = subprocess.run(["git", *arguments], cwd=TREE, env=environment, input=stdin, capture_output=True)
        if done.returncode not in accept:
            sys.stderr.buffer.write(done.stderr)
            sys.exit(4)
        return done.stdout

    def names(self, *arguments):
        return [name for name in self.git(*arguments).split(b"\0") if name and wanted(name)]

    def patch(self, paths=()):
        options = ("--binary", "--full-index", "--no-ext-diff", "--no-textconv", "--no-renames", "--no-color")
        only = ("--", *(b":(literal)" + path for path in paths)) if paths else ()
        return self.git("diff", "--cached", *options, self.commit, *only)


def wanted(name):
    """False for caches, and for a repository inside the tree, which git names with a slash at its end."""
    return not name.endswith(b"/") and not CACHES.intersection(os.fsdecode(name).split("/"))


def make_readable():
    """Gives the agent's own files back the modes without which git could not read them."""
    add_modes(TREE, 0o700)
    for folder, folders, files in os.walk(TREE):
        for names, needed in ((folders, 0o700), (files, 0o400)):
            for name in names:
                add_modes(folder + "/" + name, needed)


def add_modes(path, needed):
    try:
        mode = os.lstat(path).st_mode
        if mode & needed != needed and not stat.S_ISLNK(mode):
            os.chmod(path, mode & 0o7777 | needed)
    except OSError:
        pass  # Deeper than a path may be long: git does not get there either.


def is_special(name):
    """Whether git cannot add what stands there now, a pipe or what a link leads to: the file that was there is gone."""
    path = os.path.join(os.fsencode(TREE), name)
    if os.path.realpath(os.path.dirname(path)) != os.path.dirname(path):
        return True
    try:
        mode = os.lstat(path).st_mode
    except OSError:
        return False
    return not (stat.S_ISREG(mode) or stat.S_ISLNK(mode) or stat.S_ISDIR(mode))


def size_of(name):
    try:
        return os.lstat(os.path.join(os.fsencode(TREE), name)).st_size
    except OSError:
        return 0


def valid(data):
    try:
        data.decode()
        return True
    except UnicodeDecodeError:
        return False


def main():
    pristine, scratch, limit = sys.argv[1], sys.argv[2], int(sys.argv[3])
    for name in os.listdir(scratch):
        path = scratch + "/" + name
        shutil.rmtree(path, ignore_errors=True) if os.path.isdir(path) else os.unlink(path)
    make_readable()
    repository = Repository(pristine, scratch)
    # Refreshed first: adding a file whose content is the old one would write its object again.
    repository.git("update-index", "-q", "--refresh", accept=(0, 1))
    changed = repository.names("diff-files", "--name-only", "-z")
    added = repository.names("ls-files", "-o", "-z", "--exclude-standard")
    if sum(map(size_of, [*changed, *added])) > limit:
        sys.exit(TOO_LARGE)
    paths = changed + added
    special = {path for path in changed if is_special(path)}
    for ways, some in (
        (("--force-remove",), special),
        (("--add", "--remove", "--replace"), [path for path in paths if path not in special]),
    ):
        stdin = b"".join(path + b"\0" for path in some)
        repository.git("update-index", *ways, "-z", "--stdin", stdin=stdin)
    patch = repository.patch() if paths else b""
    if not valid(patch):
        # Text in another encoding does not survive as a string; as git's binary patch it does.
        text = [path for path in paths if valid(repository.patch([path]))]
        other = [path for path in paths if path not in set(text)]
        patch = repository.patch(text) if text else b""
        repository.use_attributes("-diff")
        patch += repository.patch(other)
    shutil.rmtree(repository.folder, ignore_errors=True)
    if len(patch) > limit:
        sys.exit(TOO_LARGE)
    sys.stdout.buffer.write(patch)


main()
