"""Runs Django's own tests by its tests/runtests.py and reports outcomes; see reporter_pipe.py for the report.

    python django_reporter.py

The request holds the labels of the tests beside what it holds for pytest. A test is reported under each name that lists
know it by: `test_x (module.Class)`, `test_x (module.Class.test_x)`, and the first line of its docstring, which is what
the official reader of the log takes for its name. The log stays as Django writes it. Runs on Python 3.6 and newer.
"""
import ast
import inspect
import os
import runpy
import sys
import traceback
import unittest

import reporter_control
from reporter_pipe import Pipe, take_request

USAGE_ERROR = 4
ORDER = (None, "passed", "skipped", "failed")
OPTIONS = ["--verbosity", "2", "--settings=test_sqlite", "--parallel", "1"]


def result_class(pipe, edited):
    """The class of results that reports through `pipe`; `edited` is None where the run is no control run."""

    class Result(unittest.TextTestResult):
        current = None
        outcome = None

        def startTest(self, test):
            unittest.TextTestResult.startTest(self, test)
            self.current, self.outcome = test, None
            if edited is not None and origin_of(test) not in edited:
                make_failing(test)

        def stopTest(self, test):
            unittest.TextTestResult.stopTest(self, test)
            outcome, self.current = self.outcome, None
            if outcome is not None:
                report(test, outcome)

        def addSuccess(self, test):
            unittest.TextTestResult.addSuccess(self, test)
            self.note(test, "passed")

        def addError(self, test, err):
            unittest.TextTestResult.addError(self, test, err)
            self.note(test, "failed")

        def addFailure(self, test, err):
            unittest.TextTestResult.addFailure(self, test, err)
            self.note(test, "failed")

        def addSkip(self, test, reason):
            unittest.TextTestResult.addSkip(self, test, reason)
            self.note(test, "skipped")

        def addExpectedFailure(self, test, err):
            unittest.TextTestResult.addExpectedFailure(self, test, err)
            self.note(test, "skipped")

        def addUnexpectedSuccess(self, test):
            unittest.TextTestResult.addUnexpectedSuccess(self, test)
            self.note(test, "failed")

        def addSubTest(self, test, subtest, err):
            unittest.TextTestResult.addSubTest(self, test, subtest, err)
            if err is not None:
                self.note(test, "failed")

        def note(self, test, outcome):
            test = getattr(test, "test_case", test)
            if test is self.current:
                self.outcome = ORDER[max(ORDER.index(self.outcome), ORDER.index(outcome))]
            else:
                # A class's or a module's set-up, or what Django does after a test: too late to be taken together.
                report(test, outcome)

    def report(test, outcome):
        for name in names_of(test):
            pipe.test(name, outcome)

    return Result


def names_of(test):
    """What lists may call a test, each name once."""
    method = getattr(test, "_testMethodName", None)
    if method is None:
        return [str(test)]
    owner = type(test).__module__ + "." + type(test).__qualname__
    names = ["%s (%s)" % (method, owner), "%s (%s.%s)" % (method, owner, method)]
    description = test.shortDescription()
    if description and description not in names:
        names.append(description)
    return names


def origin_of(test):
    """Where the function of a test is written, as reporter_control names it; None for one that is in no class's file."""
    method = getattr(test, "_testMethodName", "")
    for owner in type(test).__mro__:
        if method in vars(owner):
            module = sys.modules.get(owner.__module__)
            path = os.path.relpath(getattr(module, "__file__", None) or "nowhere")
            return "::".join([path] + owner.__qualname__.split(".") + [method])
    return None


def make_failing(test):
    """Has one test fail after its body has run: the editing of the files did not reach it."""
    method = getattr(test, test._testMethodName)

    if inspect.iscoroutinefunction(method):

        async def failing():
            try:
                await method()
            finally:
                raise RuntimeError(reporter_control.word())

    else:

        def failing():
            try:
                method()
            finally:
                raise RuntimeError(reporter_control.word())

    setattr(test, test._testMethodName, failing)


def tests_in(files):
    """The tests that stand in these files, as reporter_control names them."""
    found = []
    for file in files:
        try:
            with open(file, encoding="utf-8") as source:
                body = ast.parse(source.read()).body
        except (OSError, SyntaxError, ValueError):
            continue
        found += [name for name, node in reporter_control.functions_of(body, file) if node.name.startswith("test")]
    return found


def run(labels):
    """Runs Django's script as `python tests/runtests.py` would; its exit status."""
    root = os.getcwd()
    script = os.path.join(root, "tests", "runtests.py")
    # In the place of this file's folder; the images of data sets have Django installed from here as well.
    sys.path[:1] = [os.path.dirname(script), root]
    given = os.environ.get("PYTHONPATH")
    # For processes that tests start.
    os.environ["PYTHONPATH"] = os.pathsep.join([root] + ([given] if given else []))
    sys.argv = [script] + OPTIONS + labels
    try:
        runpy.run_path(script, run_name="__main__")
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 0 if end.code is None else USAGE_ERROR
    except BaseException:
        traceback.print_exc()
        return USAGE_ERROR
    return 0


def main():
    request = take_request()
    pipe = Pipe()
    edited = None
    if request["control"]:
        files = [file for file in request["files"] if os.path.isfile(file)]
        edited = reporter_control.edit(files, tests_in(files))
    # Django takes its runner's own class of results, which is None, for unittest's.
    unittest.TextTestRunner.resultclass = result_class(pipe, edited)
    pipe.end(run(request["labels"]) if request["labels"] else USAGE_ERROR)


if __name__ == "__main__":
    main()
