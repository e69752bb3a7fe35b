"""Starts a command as the agent: in its cgroup, under its uid, with the sandbox's folders staged for bubblewrap."""
import _signal as signal
import fcntl
import os
import resource
import select

F_SETPIPE_SZ = 1031
MS_NOSUID, MS_NODEV, MS_BIND, MS_REC, MS_PRIVATE = 2, 4, 4096, 16384, 1 << 18
CLONE_NEWNS = 0x20000
# The number of the report's pipe, which the command finds in STEADFAST_REPORT_FD of its environment.
REPORT = 5
# Above all numbers that a command starts with.
OUT_OF_THE_WAY = 10
# Where the stage is mounted, in a mount namespace of the command's own; nobody else sees it.
STAGE = "/tmp"


class Command:
    """A started command: its pid, the read ends of its output and report, and why it could not start, if so."""

    def __init__(self, pid, output, report, failed, status):
        self.pid = pid
        self.output = output
        # None where the request wants no report.
        self.report = report
        self.failed = failed
        self.status = status

    def failure(self):
        return os.read(self.failed, 4096).decode()

    def end_namespace(self):
        """Ends bubblewrap and the first process of its pid namespace, whose end the kernel makes everyone's."""
        poll = select.poll()
        poll.register(self.status, select.POLLIN)
        told = os.read(self.status, 4096) if poll.poll(0) else b""
        # The first line is `{ "child-pid": 123, …`.
        inner = told.partition(b'"child-pid": ')[2].partition(b",")[0] or b"0"
        for pid in (self.pid, int(inner)):
            try:
                # By its name too: one that ended already may have left its pid to another.
                with open("/proc/%d/comm" % pid) as file:
                    if file.read() == "bwrap\n":
                        os.kill(pid, signal.SIGKILL)
            except OSError:
                pass


def memory_file(data, rewound=True):
    """A file in memory with this content, at its start or end: unlike a pipe it needs nobody to keep writing."""
    file = os.memfd_create("steadfast")
    while data:
        data = data[os.write(file, data) :]
    if rewound:
        os.lseek(file, 0, os.SEEK_SET)
    return file


def launch(request, environment):
    output, output_write = os.pipe2(os.O_CLOEXEC)
    failed, failed_write = os.pipe2(os.O_CLOEXEC)
    status, status_write = os.pipe2(os.O_CLOEXEC)
    report, report_write = os.pipe2(os.O_CLOEXEC) if request.report else (None, None)
    script = memory_file(request.script)
    try:
        fcntl.fcntl(output, F_SETPIPE_SZ, 1 << 20)
    except OSError:
        pass  # A smaller pipe is only slower.
    sources = [(request.stdin, 0), (output_write, 1), (output_write, 2), (script, 3), (status_write, 4)]
    if request.report:
        sources.append((report_write, REPORT))
        environment = {**environment, b"STEADFAST_REPORT_FD": b"%d" % REPORT}
    pid = os.fork()
    if pid == 0:
        try:
            signal.set_wakeup_fd(-1)
            become(request)
            # First out of the way of the low numbers, then onto them.
            moved = [(fcntl.fcntl(source, fcntl.F_DUPFD_CLOEXEC, OUT_OF_THE_WAY), target) for source, target in sources]
            for source, target in moved:
                os.dup2(source, target)
            os.execve(request.argv[0], request.argv, environment)
        except BaseException as error:
            os.write(failed_write, ("cannot start the command: %r" % error).encode())
        finally:
            os._exit(127)
    for file in {output_write, failed_write, status_write, script, report_write} - {None}:
        os.close(file)
    return Command(pid, output, report, failed, status)


def become(request):
    """Turns this process into the agent's: limits first, identity last."""
    os.setsid()
    for path in request.cgroups:
        with open(path, "w") as file:
            file.write("0")
    # The kernel is to choose the agent's processes, not a supervisor that shares their memory limit.
    with open("/proc/self/oom_score_adj", "w") as file:
        file.write("500")
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if request.stage:
        stage(request.stage)
    if request.uid is not None:
        os.setgroups([])
        os.setresgid(request.uid, request.uid, request.uid)
        os.setresuid(request.uid, request.uid, request.uid)
    os.umask(0o022)
    for number in (signal.SIGPIPE, signal.SIGHUP, signal.SIGCHLD):
        signal.signal(number, signal.SIG_DFL)
    try:
        os.chdir(request.cwd)
    except OSError:
        os.chdir("/")  # The agent closed it to itself, and may open it again.


def stage(sources):
    """Mounts folders that the agent's uid could not reach by their paths under STAGE, in a private mount namespace."""
    import ctypes

    libc = ctypes.CDLL(None, use_errno=True)

    def check(result, what):
        if result != 0:
            number = ctypes.get_errno()
            raise OSError(number, "%s: %s" % (what, os.strerror(number)))

    def mount(source, target, kind, flags, data=None):
        check(libc.mount(source.encode(), target.encode(), kind, flags, data), "mount " + target)

    check(libc.unshare(CLONE_NEWNS), "unshare")
    mount("none", "/", None, MS_REC | MS_PRIVATE)
    # Opened before the stage covers them: the sources themselves may lie under it.
    files = {name: os.open(path, os.O_PATH | os.O_CLOEXEC) for name, path in sources.items()}
    mount("tmpfs", STAGE, b"tmpfs", MS_NOSUID | MS_NODEV, b"mode=755,size=1m")
    for name, file in files.items():
        os.mkdir(STAGE + "/" + name)
        mount("/proc/self/fd/%d" % file, STAGE + "/" + name, None, MS_BIND)
        os.close(file)
