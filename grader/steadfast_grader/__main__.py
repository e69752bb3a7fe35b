"""Answers requests on stdin, one JSON line each, on stdout, in their order; ends with its stdin.

    python -m steadfast_grader READ_SECONDS

    {id, method: "read", harness, record, log, ended}  ->  {id, result: {outcomes, ended, imitations, report, resolved}}
    {id, method: "script", harness, record}            ->  {id, result: {script, applyCommands, ...}}
    anything wrong                                     ->  {id, error: {type: "record" | "failed", message}}

`ended` of a request is "ran", "timed_out", "patch_refused" (the log is what was said then) or "no_patch".
"""

import importlib
import json
import os
import resource
import signal
import sys
import tempfile

from steadfast_grader import packages, sealed
from steadfast_grader.errors import BadRecord, TooLong


def seconds_of(arguments):
    if len(arguments) == 1 and arguments[0].isdecimal() and int(arguments[0]) > 0:
        return int(arguments[0])
    sys.exit("usage: python -m steadfast_grader READ_SECONDS; expected the seconds that reading a log may take, from 1")


# Seconds of CPU that reading one log may take, whatever else the host does. A log comes from code under test: what
# hangs the parser, or makes it swell, is a log that says nothing, and not a broken grader.
READ_SECONDS = seconds_of(sys.argv[1:])
MEMORY_BYTES = 3 << 30

HARNESSES = {"swebench": "steadfast_grader.swebench_rows", "swesmith": "steadfast_grader.swesmith_rows"}
ENDS = ("ran", "timed_out", "patch_refused", "no_patch")


def main():
    # What the packages print goes to stderr: the answers' descriptor is known here alone.
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    packages.prepare()
    sealed.seal()
    signal.signal(signal.SIGPROF, give_up)
    for line in sys.stdin.buffer:
        answers.write(json.dumps(answer(line)) + "\n")
        answers.flush()


def answer(line):
    name = None
    try:
        request = json.loads(line)
        name = request["id"]
        return {"id": name, "result": result_of(request)}
    except BadRecord as error:
        return {"id": name, "error": {"type": "record", "message": str(error)}}
    except Exception as error:
        return {"id": name, "error": {"type": "failed", "message": f"{type(error).__name__}: {error}"}}


def result_of(request):
    if request["harness"] not in HARNESSES:
        raise BadRecord(f"harness is {request['harness']!r}; expected one of {', '.join(HARNESSES)}")
    rows = importlib.import_module(HARNESSES[request["harness"]])
    record = request["record"]
    if request["method"] == "script":
        return rows.script(record)
    if request["method"] != "read" or request["ended"] not in ENDS:
        raise ValueError(f"method {request['method']!r}, ended {request.get('ended')!r}")
    return read(rows, record, request["log"], request["ended"])


def read(rows, record, log, ended):
    """Whatever the log does to the parser is said of the log: there is a report then, which is no pass."""
    # The packages read files. This one has no name that could be left behind when the process is killed.
    with tempfile.TemporaryFile() as file:

        def write(text):
            file.write(text.encode("utf-8", "replace"))
            file.flush()
            file.seek(0)
            return f"/dev/fd/{file.fileno()}"

        # Again after a while, should a parser have caught it.
        signal.setitimer(signal.ITIMER_PROF, READ_SECONDS, 1)
        try:
            return rows.read(record, log, ended, write)
        except (BadRecord, OSError):
            raise
        except (Exception, TooLong) as error:
            report = {"error": f"the log cannot be read: {type(error).__name__}: {error}"[:500], "resolved": False}
            return {"outcomes": {}, "ended": False, "imitations": [], "report": report, "resolved": False}
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)


def give_up(_signal, _frame):
    raise TooLong(f"it took longer than {READ_SECONDS} s")


if __name__ == "__main__":
    main()
