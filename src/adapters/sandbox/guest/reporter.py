"""Runs pytest in a sandbox and reports outcomes by exact node id, one JSON line a test.

    python reporter.py REPORT SRC_LAYOUT PYTEST_ARGUMENT...

The report's first line is {"started": true}, written once pytest is loaded and before any code of the repository; each
further line is [node id, "passed" | "failed" | "skipped"], written as the test ends, so that a killed run keeps what it
found. Nothing is read from pytest's output.
"""

import json
import os
import sys

import pytest  # before the repository is on the path: a pytest.py there must not shadow it


class Reporter:
    """Writes one line for each test that ended."""

    def __init__(self, path):
        self.file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        self.process = os.getpid()
        self.outcomes = {}
        self.write({"started": True})

    def write(self, value):
        # A test that forks leaves a copy of this object in the child.
        if os.getpid() == self.process:
            os.write(self.file, json.dumps(value).encode() + b"\n")

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report):
        before = self.outcomes.get(report.nodeid)
        self.outcomes[report.nodeid] = worse(before, outcome_of(report))

    def pytest_runtest_logfinish(self, nodeid):
        outcome = self.outcomes.pop(nodeid, None)
        if outcome is not None:
            self.write([nodeid, outcome])


def outcome_of(report):
    """What one phase says: a call passes; a set-up or tear-down that passes says nothing."""
    if report.failed:
        return "failed"
    if report.skipped or hasattr(report, "wasxfail"):
        return "skipped"
    return "passed" if report.when == "call" else None


def worse(a, b):
    order = (None, "passed", "skipped", "failed")
    return order[max(order.index(a), order.index(b))]


def main():
    report, src_layout, *arguments = sys.argv[1:]
    reporter = Reporter(report)
    # As `python -m pytest` would have it: the repository's root first, and this file's folder nowhere.
    root = os.getcwd()
    paths = [root]
    if src_layout == "src" and os.path.isdir("src") and not os.path.exists("src/__init__.py"):
        paths.append(os.path.join(root, "src"))
    sys.path[:1] = paths
    if src_layout == "src":
        os.environ["PYTHONPATH"] = os.pathsep.join(reversed(paths))  # for processes that tests start
    sys.argv = [os.path.join(os.path.dirname(pytest.__file__), "__main__.py"), *arguments]
    sys.exit(pytest.main(arguments, plugins=[reporter]))


if __name__ == "__main__":
    main()
