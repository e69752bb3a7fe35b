"""Runs one command of a sandbox and outlives whoever asked for it.

Reads a request from stdin (see request.py) and prints a JSON answer, with the state of the agent's file systems where
that is asked for, and the file that the command made where it is to make one, after a newline. One command at a time runs in a sandbox: a lock in
its folder is held meanwhile. Asked for the same key again, it waits for that lock and answers the kept result; where a
command vanished without one the sandbox is gone, and its rollout goes on in another. Start-up is most of a short command's cost, hence the few imports:
`json` alone would double it, and the enums of `signal` cost as much as the rest.
"""
import _signal as signal
import fcntl
import os
import select
import sys
import time
from binascii import b2a_base64

from capture import Capture
from fingerprint import DIGEST, fingerprint, start_of
from launch import launch
from reckon import Ender, oom_kills
from request import read_request


START = "/start"
# Of a result, in bytes: a larger one is some reading of ours, which may be made again.
MOST_ROOM = 1 << 20


def content_of(path):
    try:
        with open(path, "rb") as file:
            return file.read()
    except FileNotFoundError:
        return b""


def write_whole(path, data):
    """Writes a file so that it is seen whole or not at all."""
    with open(path + ".new", "wb") as file:
        file.write(data)
    os.rename(path + ".new", path)


def reserve(call, request):
    """Takes the room that the result will need before anything runs: on a full disk a command has no effect, or is kept."""
    room = os.open(call + ".new", os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC)
    try:
        os.posix_fallocate(room, 0, min(2 * (request.head + request.tail), MOST_ROOM) + 4096)
    except OSError:
        os.unlink(call + ".new")
        raise
    finally:
        os.close(room)


def keep(call, result):
    """Writes a result into its room, and shows it whole."""
    with open(call + ".new", "r+b") as file:
        file.write(result)
        file.truncate()
    os.rename(call + ".new", call)


def failed(detail, number=0):
    detail = b2a_base64(detail.encode("utf-8", "replace"), newline=False)
    return b'{"error":"failed","detail":"%s","errno":%d}' % (detail, number)


def answer(request):
    """The kept result of the request's key, or that of running it now."""
    try:
        lock = os.open(request.root + "/lock", os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return b'{"error":"gone"}'
    fcntl.flock(lock, fcntl.LOCK_EX)
    if not (request.opening or os.path.exists(request.root + "/ready")):
        return b'{"error":"gone"}'
    call = request.root + "/calls/" + request.call
    result = content_of(call) if request.call else b""
    members = request.cgroups[0] if request.cgroups else None
    claim = request.root + "/claim"
    if os.path.exists(claim):
        # A supervisor vanished in the middle of its command; what it left running must not meet the next one.
        Ender(request.uid, members).end(None)
        vanished = content_of(claim).partition(b" ")[2].decode()
        if vanished and not os.path.exists(request.root + "/calls/" + vanished):
            # Some of its effects are there, and nobody can tell which: this sandbox is over, and the claim stays to say so.
            return b'{"error":"gone"}'
        os.unlink(claim)
    if request.archive:
        request.stdin = os.open(request.root + START, os.O_RDONLY | os.O_CLOEXEC)
    if not result:
        ender = Ender(request.uid, members)
        if request.call:
            reserve(call, request)
        write_whole(claim, b"%d %s" % (os.getpid(), request.call.encode()))
        result = supervise(request, ender)
        if request.call and not result.startswith(b'{"error"'):
            keep(call, result)
        os.unlink(claim)
    if request.roots and not result.startswith(b'{"error"'):
        return with_state(request, result)
    return result


def with_state(request, result):
    """The result with what the agent's file systems hold now; all its processes have ended, and no other may start."""
    if request.opening:
        write_whole(request.root + START, start_of(request.roots))
        return result
    with open(request.root + START, "rb") as file:
        start = file.read(DIGEST)
    # A container's root may not look into what the agent closed; the host's may, and no agent's uid gets there.
    becomes = request.uid is not None and not request.stage
    if becomes:
        os.seteuid(request.uid)
    try:
        state = fingerprint(start, request.roots)
    finally:
        if becomes:
            os.seteuid(0)
    return b'%s,"fingerprint":"%s"}' % (result[:-1], state)


def supervise(request, ender):
    """Runs the command to its end or its time limit, and ends whatever it left running."""
    environment = dict(line.split(b"=", 1) for line in content_of(request.root + "/environment").split(b"\0") if line)
    before = oom_kills(request.oom)
    wake_read, wake_write = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
    signal.set_wakeup_fd(wake_write)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    started = time.monotonic()
    command = launch(request, environment)
    capture = Capture(command.output, request.head, request.tail)
    report = Capture(command.report, request.report, 0) if request.report else None
    status = follow(command, [capture, report] if report else [capture], wake_read, started + request.timeout)
    ender.end(command)
    timed_out = status is None
    if timed_out:
        status = os.waitpid(command.pid, 0)[1]
    capture.drain()
    if report:
        report.drain()
    failure = command.failure()
    if failure:
        return failed(failure)
    code = os.WEXITSTATUS(status) if os.WIFEXITED(status) else 128 + os.WTERMSIG(status)
    fields = (
        b"null" if timed_out else b"%d" % code,
        b2a_base64(capture.kept(), newline=False),
        capture.dropped(),
        b"true" if timed_out else b"false",
        b"true" if oom_kills(request.oom) > before else b"false",
        round((time.monotonic() - started) * 1000),
        report_of(report),
    )
    return (
        b'{"exitCode":%s,"output":"%s","droppedBytes":%d,"timedOut":%s,"outOfMemory":%s,"durationMs":%d,"report":%s}'
        % fields
    )


def report_of(report):
    """What came through the report's pipe, whole; null where there is none, or where more came than was asked for."""
    if report is None or report.dropped():
        return b"null"
    return b'"%s"' % b2a_base64(report.kept(), newline=False)


def follow(command, captures, wake, deadline):
    """Takes in what the command writes until its own process ends; its wait status, or None at the deadline."""
    poll = select.poll()
    open_ones = {capture.file: capture for capture in captures}
    for file in (*open_ones, wake):
        poll.register(file, select.POLLIN)
    while True:
        left = deadline - time.monotonic()
        if left <= 0:
            return None
        for file, _ in poll.poll(left * 1000 + 1):
            if file == wake:
                os.read(wake, 512)
            elif not open_ones[file].read():
                poll.unregister(file)
        ended, status = os.waitpid(command.pid, os.WNOHANG)
        if ended:
            return status


def main():
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    request = read_request()
    if request is None:
        sys.exit(3)
    archive = None
    try:
        reply = answer(request)
        if request.archive and reply.startswith(b'{"exitCode":0,'):
            archive = os.open(request.archive, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
            reply = b'%s,"archiveBytes":%d}\n' % (reply[:-1], os.fstat(archive).st_size)
    except OSError as error:
        reply = failed(str(error), error.errno or 0)
    try:
        while reply:
            reply = reply[os.write(1, reply) :] or (os.read(archive, 1 << 20) if archive is not None else b"")
    except OSError:
        pass  # The asker is gone; the result is kept for the next one.
