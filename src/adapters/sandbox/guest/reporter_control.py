"""The control run: makes every listed test fail after its own body has run, so that one that passes is forged.

The failure is written into the test's file before any code of the repository is loaded: it is imported, rewritten, called
and reported as the test itself is, and code that forges the one forges the other. It first asks whether assertions still
tell a truth from a lie, and whether the body was entered; where they do not, or it was not, the test is left to pass. Its
form and its names are drawn anew for each run. The function in the test's place closes over nothing, so that code which
empties the bodies of tests empties this one too.
Tests that stand in no file as functions (doctests, inherited or generated ones) fail as their item is run.
"""
import ast
import os
import random
import re

ERRORS = ("ValueError", "KeyError", "TypeError", "RuntimeError", "OSError", "LookupError", "ArithmeticError")
HELPER = '''
{entered} = []
def {bare}({inner}):
    return {name}({inner}, False)
def {name}({inner}, {marked}=True):
    import functools, inspect
    def {fail}(arguments):
        try:
            assert {one!r} == {other!r}
        except AssertionError:
            pass
        else:
            return
        try:
            check = arguments[0].assertEqual
        except (IndexError, AttributeError):
            check = None
        if check is not None:
            try:
                check({one!r}, {other!r})
            except arguments[0].failureException:
                pass
            else:
                return
        raise {error}({one!r})
    if inspect.iscoroutinefunction({inner}):
        @functools.wraps({inner})
        async def outer(*arguments, {inner}={inner}, {fail}={fail}, {marked}={marked}, {entered}={entered}, **named):
            {entered}.clear()
            try:
                return await {inner}(*arguments, **named)
            finally:
                if {entered} or not {marked}:
                    {fail}(arguments)
    else:
        @functools.wraps({inner})
        def outer(*arguments, {inner}={inner}, {fail}={fail}, {marked}={marked}, {entered}={entered}, **named):
            {entered}.clear()
            try:
                return {inner}(*arguments, **named)
            finally:
                if {entered} or not {marked}:
                    {fail}(arguments)
    return outer
'''


def word():
    return "".join(random.SystemRandom().choice("abcdefghijklmnopqrstuvwxyz") for _ in range(10))


def edit(files, listed):
    """Writes the failure into the listed tests of these files; the ids, without parameters, of those that have it now."""
    wanted = {name.split("[")[0] for name in listed}
    edited = set()
    for file in files:
        edited |= edit_file(file, wanted)
    return edited


def edit_file(file, wanted):
    with open(file, "rb") as source:
        data = source.read()
    try:
        text = data.decode("utf-8")
        functions = [found for found in functions_of(ast.parse(text).body, file) if found[0] in wanted]
    except (SyntaxError, ValueError):
        return set()
    lines = text.split("\n")
    names = {name: word() for name in ("name", "bare", "inner", "marked", "entered", "fail", "one", "other")}
    changes = []
    for _, node in functions:
        at = definition_line(lines, node)
        start = body_line(lines, node)
        helper = names["bare" if start is None else "name"]
        changes.append((at, [indent_of(lines[at]) + "@" + helper]))
        if start is not None:
            changes.append((start, [indent_of(lines[start]) + names["entered"] + ".append(1)"]))
    code = HELPER.format(error=random.SystemRandom().choice(ERRORS), **names)
    changes.append((first_line(ast.parse(text).body), code.strip("\n").split("\n")))
    for at, added in sorted(changes, key=lambda change: -change[0]):
        lines[at:at] = added
    changed = "\n".join(lines)
    try:
        compile(changed, file, "exec", dont_inherit=True)
    except (SyntaxError, ValueError):
        return set()
    replace(file, changed.encode("utf-8"))
    return {name for name, _ in functions}


def functions_of(body, prefix):
    """The functions of a module's or class's body by what pytest calls them, those under `if` and `try` too."""
    for node in body:
        if isinstance(node, ast.ClassDef):
            for found in functions_of(node.body, prefix + "::" + node.name):
                yield found
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield prefix + "::" + node.name, node
        else:
            for part in ("body", "orelse", "finalbody"):
                for found in functions_of(getattr(node, part, []), prefix):
                    yield found
            for handler in getattr(node, "handlers", []):
                for found in functions_of(handler.body, prefix):
                    yield found


def definition_line(lines, node):
    """Where its `def` stands: Python before 3.8 gives the line of its first decorator."""
    pattern = re.compile(r"\s*(async\s+)?def\s+%s\b" % re.escape(node.name))
    at = node.lineno - 1
    while not pattern.match(lines[at]):
        at += 1
    return at


def body_line(lines, node):
    """Where the first statement of its body stands after a docstring; None where another one stands on that line."""
    start = next((one for one in node.body if not is_text(one)), None)
    if start is None:
        return None
    at = start_of(start)
    return at if at > definition_line(lines, node) and not lines[at][: start.col_offset].strip(" \t@") else None


def indent_of(line):
    return line[: len(line) - len(line.lstrip())]


def first_line(body):
    """The line of the first statement after a docstring and imports from `__future__`."""
    for node in body:
        if is_text(node) or isinstance(node, ast.ImportFrom) and node.module == "__future__":
            continue
        return start_of(node)
    return 0


def is_text(node):
    is_constant = isinstance(node, ast.Expr) and isinstance(node.value, getattr(ast, "Constant", ast.AST))
    return is_constant or isinstance(node, ast.Expr) and type(node.value).__name__ == "Str"


def start_of(node):
    """The index of a statement's first line, its decorators' included."""
    return min([node.lineno] + [decorator.lineno for decorator in getattr(node, "decorator_list", [])]) - 1


def replace(file, data):
    """A file of its own with the old one's mode: the old one may be linked to elsewhere, or closed to writing."""
    with open(file + ".new", "wb") as target:
        target.write(data)
    os.chmod(file + ".new", os.stat(file).st_mode & 0o777)
    os.rename(file + ".new", file)


class Control:
    """Has the items fail whose tests the editing did not reach, and spends no time on telling why any failed."""

    def __init__(self, edited):
        self.edited = edited

    def pytest_runtest_setup(self, item):
        item.repr_failure = lambda *_: "failed"
        if item.nodeid.split("[")[0] in self.edited:
            return
        run = item.runtest

        def runtest():
            run()
            raise RuntimeError(word())

        item.runtest = runtest
