"""Runs pytest (4.6 and newer) in a sandbox and reports outcomes by exact node id; see reporter_pipe.py for the report.

    python reporter.py src | installed

`src` has the repository's `src` folder on the path as well. Nothing is read from pytest's output.
"""
import os
import sys

import reporter_control
from reporter_options import arguments_for, forgive
from reporter_pipe import Pipe, take_request

import pytest  # before the repository is on the path: a pytest.py there must not shadow it

USAGE_ERROR = 4


class Reporter:
    """Writes one line for each test that ended."""

    def __init__(self, pipe):
        self.pipe = pipe
        self.outcomes = {}

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report):
        before = self.outcomes.get(report.nodeid)
        self.outcomes[report.nodeid] = worse(before, outcome_of(report))

    def pytest_runtest_logfinish(self, nodeid):
        outcome = self.outcomes.pop(nodeid, None)
        if outcome is not None:
            self.pipe.test(nodeid, outcome)


def outcome_of(report):
    """What one phase says: a call passes; a set-up or tear-down that passes says nothing, nor does a rerun."""
    if report.failed:
        return "failed"
    if report.skipped or hasattr(report, "wasxfail"):
        return "skipped"
    return "passed" if report.when == "call" and report.passed else None


def worse(a, b):
    order = (None, "passed", "skipped", "failed")
    return order[max(order.index(a), order.index(b))]


def use_paths(src_layout):
    """As `python -m pytest` would have it: the repository's root first, and this file's folder nowhere."""
    root = os.getcwd()
    paths = [root]
    if src_layout and os.path.isdir("src") and not os.path.exists("src/__init__.py"):
        paths.append(os.path.join(root, "src"))
    sys.path[:1] = paths
    if src_layout:
        given = os.environ.get("PYTHONPATH")
        # For processes that tests start.
        os.environ["PYTHONPATH"] = os.pathsep.join(paths[::-1] + ([given] if given else []))


def main():
    request = take_request()
    pipe = Pipe()
    files = [file for file in request["files"] if os.path.isfile(file)]
    if not files:
        pipe.end(USAGE_ERROR)
    plugins = [Reporter(pipe)]
    if request["control"]:
        plugins.append(reporter_control.Control(reporter_control.edit(files, request["listed"])))
    arguments = arguments_for(files, request["listed"], pytest)
    forgive()
    use_paths(sys.argv[1] == "src")
    sys.argv = [os.path.join(os.path.dirname(pytest.__file__), "__main__.py")] + arguments
    try:
        status = int(pytest.main(arguments, plugins=plugins))
    except SystemExit:
        status = USAGE_ERROR
    pipe.end(status)


if __name__ == "__main__":
    main()
