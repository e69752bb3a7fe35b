"""SWE-smith: the script and the log of a record, as its repository's profile says."""

from swebench.harness.constants import FAIL_TO_PASS, KEY_PREDICTION, PASS_TO_PASS
from swesmith.constants import GIT_APPLY_CMDS, TEST_OUTPUT_END, TEST_OUTPUT_START
from swesmith.harness.grading import get_eval_report, read_test_output
from swesmith.profiles import RepoProfile, registry

from steadfast_grader.errors import BadRecord
from steadfast_grader.reading import has_ended, imitated_markers, outcomes_of
from steadfast_grader.sealed import Refused

PATCH_FILE = "/tmp/patch.diff"


def refuse_to_clone(profile, dest=None):
    """In the place of a method that profiles look into their repositories with."""
    raise Refused(f"what {profile.repo_name} asks for is seen in a clone alone")


RepoProfile.clone = refuse_to_clone


def script(record):
    profile = profile_of(record)
    command = command_of(profile, record)
    lines = ["#!/bin/bash", "set -uxo pipefail", "cd /testbed", f": '{TEST_OUTPUT_START}'", command]
    return {
        "script": "\n".join([*lines, f": '{TEST_OUTPUT_END}'"]) + "\n",
        "applyCommands": [f"{command} {PATCH_FILE}" for command in GIT_APPLY_CMDS],
        "cleanCommand": None,
        "appliedCheck": None,
        "patchFile": PATCH_FILE,
        "restored": test_files_of(profile, record),
        "timeoutSeconds": profile.timeout,
    }


def read(record, log, ended, write):
    profile = profile_of(record)
    if ended == "timed_out":
        report = {"timed_out": True, "timeout": profile.timeout}
        return {"outcomes": {}, "ended": False, "imitations": [], "report": report, "resolved": False}
    if ended == "patch_refused":
        log = f">>>>> Patch Apply Failed:\n{log}"
    path = write(log)
    prediction = {KEY_PREDICTION: None if ended == "no_patch" else ""}
    report = get_eval_report(prediction, record, path)
    markers = {TEST_OUTPUT_START: 1, TEST_OUTPUT_END: 1}
    imitations = imitated_markers(log, markers) if ended == "ran" else []
    outcomes = {}
    text, found = read_test_output(path)
    if ended == "ran" and found and not imitations:
        listed = {*record[FAIL_TO_PASS], *record[PASS_TO_PASS]}
        outcomes, imitations = outcomes_of(profile.log_parser, text, listed)
    return {
        "outcomes": outcomes,
        "ended": ended == "ran" and has_ended(log, markers),
        "imitations": imitations,
        "report": report,
        "resolved": report["resolved"],
    }


def command_of(profile, record):
    """The whole suite, or the files of the listed tests where the whole takes too long."""
    try:
        return profile.get_test_cmd(record)[0]
    except (AssertionError, Refused) as error:
        raise BadRecord(f"instance_id {record['instance_id']!r}, repo {record['repo']!r}: {error}") from None


def test_files_of(profile, record):
    """Files that hold listed tests, as paths that git takes."""
    try:
        return sorted({str(file) for files in profile.get_test_files(record) for file in files})
    except Refused:
        # Go's profiles alone, which look for the functions of tests: rather a test file too many than one too few.
        return ["*_test.go"]


def profile_of(record):
    for name in ("instance_id", "repo"):
        if not isinstance(record.get(name), str):
            raise BadRecord(f"{name} is {record.get(name)!r}; SWE-smith needs a text")
    for name in (FAIL_TO_PASS, PASS_TO_PASS):
        if not isinstance(record.get(name), list):
            raise BadRecord(f"{name} is {record.get(name)!r}; SWE-smith needs a list")
    try:
        return registry.get_from_inst(record)
    except KeyError:
        raise BadRecord(f"repo is {record['repo']!r}, of which SWE-smith has no profile") from None
