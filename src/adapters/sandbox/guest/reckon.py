"""Ends everything that a command started, and tells whether the kernel ended something for want of memory."""
import _signal as signal
import os
import time


class Ender:
    """Ends all processes of the agent's uid in one system call, which no fork can outrun.

    Its helper is forked before the command, when there is surely room for one more process, and takes the agent's uid
    only at the end: until then the agent cannot signal it. It acts too when its supervisor dies. Without a uid of the
    agent's own (a user's bubblewrap) the command's process and the first one of its pid namespace are ended instead,
    and the namespace with them.
    """

    def __init__(self, uid, members):
        self.uid = uid
        self.members = members
        self.helper = self.trigger = None
        if uid is not None:
            self._prepare()

    def _prepare(self):
        wait, self.trigger = os.pipe2(os.O_CLOEXEC)
        self.helper = os.fork()
        if self.helper == 0:
            os.close(self.trigger)
            os.read(wait, 1)
            os.setresuid(self.uid, self.uid, self.uid)
            try:
                os.kill(-1, signal.SIGKILL)
            except ProcessLookupError:
                pass
            os._exit(0)
        os.close(wait)

    def end(self, command):
        if self.uid is None:
            if command is not None:
                command.end_namespace()
            return
        while True:
            os.close(self.trigger)
            if os.waitpid(self.helper, 0)[1] == 0:
                break
            self._prepare()
        # Until the killed are gone one may still finish a write that a diff should see.
        end = time.monotonic() + 5
        while time.monotonic() < end and self._any_left():
            time.sleep(0.002)

    def _any_left(self):
        if self.members is None:
            return any(owner_of(pid) == self.uid for pid in os.listdir("/proc"))
        with open(self.members) as file:
            return file.read(1) != ""


def owner_of(pid):
    """The uid of a living process; None for a zombie or no process."""
    uid = None
    try:
        with open("/proc/" + str(int(pid)) + "/status") as file:
            for line in file:
                if line.startswith("State:") and line.split()[1] in "ZX":
                    return None
                if line.startswith("Uid:"):
                    uid = int(line.split()[1])
                    break
    except (ValueError, OSError):
        return None
    return uid


def oom_kills(paths):
    """The count of OOM kills from the first of these cgroup files that has it (v2: memory.events, v1: oom_control)."""
    for path in paths:
        try:
            with open(path) as file:
                for line in file:
                    name, _, value = line.partition(" ")
                    if name == "oom_kill":
                        return int(value)
        except OSError:
            continue
    return 0
