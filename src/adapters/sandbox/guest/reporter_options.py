"""The arguments that pytest is run with: ours, and of the repository's own those alone that decide what its tests are.

The rest of its `addopts` is left out: it may want plugins that are not here (coverage, xdist), select or deselect tests,
or make warnings of our own doing into errors. So it is with `minversion` and `required_plugins`.
"""
import re
import shlex
import sys

OURS = ["-q", "--tb=short", "-p", "no:cacheprovider", "--rootdir=."]
UNSET = ["addopts=", "required_plugins=", "strict=false", "strict_markers=false", "strict_config=false"]
# In the order in which pytest takes the first that has a section for it.
CONFIGURATIONS = ("pytest.toml", ".pytest.toml", "pytest.ini", ".pytest.ini", "pyproject.toml", "tox.ini", "setup.cfg")
KEPT = re.compile(r"--(doctest-modules|doctest-glob|import-mode|doctest-continue-on-failure|pyargs)(=|$)")
DOCTEST = re.compile(r"\.py::[\w.]*\.\w+$")


def arguments_for(files, listed, pytest):
    arguments = list(OURS)
    for setting in UNSET:
        arguments += ["-o", setting]
    if hasattr(pytest, "PytestConfigWarning"):
        # An option of a plugin that is not here; with `filterwarnings = error` it would end pytest.
        arguments += ["-W", "ignore::pytest.PytestConfigWarning"]
    kept = [option for option in own_options() if KEPT.match(option)]
    if any(DOCTEST.search(name.split("[")[0]) for name in listed):
        kept.append("--doctest-modules")
    return arguments + kept + files


def forgive():
    """Has pytest run where the repository asks for a newer one: its lists of tests were made with the one that is here."""
    config = getattr(sys.modules.get("_pytest.config"), "Config", None)
    if hasattr(config, "_checkversion"):
        config._checkversion = lambda self: None


def own_options():
    """The repository's own `addopts`, from the first of its configuration files that has some."""
    for name in CONFIGURATIONS:
        try:
            with open(name, encoding="utf-8", errors="replace") as file:
                text = file.read()
        except OSError:
            continue
        found = re.search(r"^addopts\s*=[ \t]*(\[[^\]]*\]|.*(?:\n[ \t]+.*)*)", text, re.MULTILINE)
        if found:
            return words(found.group(1))
    return []


def words(text):
    """The words of an ini value, or of a TOML string or list."""
    try:
        return [word.strip("[],\n \t") for word in shlex.split(text.replace(",", " "), comments=True)]
    except ValueError:
        return text.split()
