"""What a reporter is asked, and the pipe that it answers through.

The request is one JSON object on stdin: {"files": [path], "listed": [id], "control": bool}. It is taken off again as it
is read, so that code under test can tell neither from it nor from the command line what kind of run this is.

The report is JSON, a line each, through the pipe that STEADFAST_REPORT_FD names; its other end is out of reach, so that
no line can be taken back. Every line carries the word that the first one names, which is drawn anew for each run:

    {"word": W, "start": 2}                       before any code of the repository is loaded
    {"word": W, "test": ID, "outcome": "passed" | "failed" | "skipped"}      as the test ends
    {"word": W, "end": EXIT_STATUS, "tests": LINES}      the last one; the process ends with that status at once

What contradicts that (another word, lines before the start or after the end, another count or status) is forged, and the
reader (src/activities/grading/test-report.ts) never takes it for a pass. Runs on the Python of the image, 3.6 or newer.
"""
import fcntl
import json
import os
import sys

VERSION = 2


class Pipe:
    def __init__(self):
        given = int(os.environ.pop("STEADFAST_REPORT_FD"))
        # A number that no child inherits, and that tests which close or write low ones do not meet.
        self.file = fcntl.fcntl(given, fcntl.F_DUPFD_CLOEXEC, 100 + os.urandom(1)[0])
        os.close(given)
        self.process = os.getpid()
        self.word = os.urandom(8).hex()
        self.tests = 0
        self._write({"start": VERSION})

    def test(self, name, outcome):
        self.tests += self._write({"test": name, "outcome": outcome})

    def end(self, status):
        """Writes the last line and ends the process, before anything that was left for its end can run."""
        self._write({"end": status, "tests": self.tests})
        for stream in (sys.stdout, sys.stderr):
            try:
                stream.flush()
            except Exception:
                pass  # Code under test may have closed or replaced it.
        os._exit(status)

    def _write(self, fields):
        # A test that forks leaves a copy of this object in the child.
        if os.getpid() != self.process:
            return 0
        data = json.dumps(dict(fields, word=self.word)).encode() + b"\n"
        while data:
            data = data[os.write(self.file, data) :]
        return 1


def take_request():
    """Reads what is asked and leaves an empty stdin behind."""
    with os.fdopen(os.dup(0), "rb") as stdin:
        request = json.loads(stdin.read().decode("utf-8", "surrogatepass"))
    # Others hold the same file open, bubblewrap's own processes for instance.
    os.ftruncate(0, 0)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    return request
