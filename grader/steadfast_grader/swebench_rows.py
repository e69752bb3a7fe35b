"""SWE-bench: the script and the log of a row in version 5's form."""

from swebench.harness.constants import (
    APPLY_PATCH_FAIL,
    END_TEST_OUTPUT,
    FAIL_TO_PASS,
    PASS_TO_PASS,
    START_TEST_OUTPUT,
)
from swebench.harness.grading import get_eval_report
from swebench.harness.log_parsers import PARSER_REGISTRY
from swebench.harness.run_evaluation import GIT_APPLY_CMDS
from swebench.harness.utils import make_test_spec

from steadfast_grader.errors import BadRecord
from steadfast_grader.reading import has_ended, imitated_markers, outcomes_of

# The default of `swebench run`.
TIMEOUT_SECONDS = 1800
PATCH_FILE = "/tmp/patch.diff"


def script(record):
    return {
        "script": spec_of(record).eval_script,
        "applyCommands": [f"{command} {PATCH_FILE}" for command in GIT_APPLY_CMDS],
        "cleanCommand": "git checkout -- . ; git clean -fd",
        # A chain of failed tries may have applied it all the same.
        "appliedCheck": f"git apply --check --reverse {PATCH_FILE}",
        "patchFile": PATCH_FILE,
        "restored": [],
        "timeoutSeconds": TIMEOUT_SECONDS,
    }


def read(record, log, ended, write):
    spec = spec_of(record)
    prediction = {"instance_id": spec.instance_id, "model_name_or_path": "steadfast", "model_patch": ""}
    if ended == "no_patch":
        prediction["model_patch"] = None
    # It makes no report of these: what it would make of a log that says so.
    if ended == "patch_refused":
        log = f"{APPLY_PATCH_FAIL}:\n{log}"
    if ended == "timed_out":
        log = f"Timeout error: {TIMEOUT_SECONDS} seconds exceeded."
    path = write(log)
    report = get_eval_report(spec, prediction, path, include_tests_status=True)
    found = ended == "ran" and report[spec.instance_id]["patch_successfully_applied"]
    markers = markers_of(spec)
    ended_well = ended == "ran" and has_ended(log, markers)
    imitations = imitated_markers(log, markers) if ended == "ran" else []
    outcomes = {}
    if found and not imitations:
        text = log.split(START_TEST_OUTPUT)[1].split(END_TEST_OUTPUT)[0]
        parser = PARSER_REGISTRY[spec.log_parser]
        listed = {*spec.FAIL_TO_PASS, *spec.PASS_TO_PASS}
        outcomes, imitations = outcomes_of(lambda part: parser(part, spec), text, listed)
    resolved = report[spec.instance_id]["resolved"]
    return {
        "outcomes": outcomes,
        "ended": ended_well,
        "imitations": imitations,
        "report": report,
        "resolved": resolved,
    }


def markers_of(spec):
    """How often the script prints each marker: a `:` is traced, an `echo` is traced and prints."""
    lines = spec.eval_script.split("\n")
    return {
        marker: sum(1 if line.lstrip().startswith(":") else 2 for line in lines if marker in line)
        for marker in (START_TEST_OUTPUT, END_TEST_OUTPUT)
    }


def spec_of(record):
    needed = ("instance_id", "image", "eval_script", "repo", FAIL_TO_PASS, PASS_TO_PASS, "log_parser", "eval_type")
    for name in needed:
        if not record.get(name) and name not in (FAIL_TO_PASS, PASS_TO_PASS):
            raise BadRecord(f"{name} is {record.get(name)!r}; SWE-bench 5 needs it")
        if name not in record:
            raise BadRecord(f"{name} is missing; SWE-bench 5 needs it")
    if record["log_parser"] not in PARSER_REGISTRY:
        raise BadRecord(f"log_parser is {record['log_parser']!r}, which SWE-bench does not have")
    if record["eval_type"] not in ("pass_and_fail", "fail_only"):
        raise BadRecord(f"eval_type is {record['eval_type']!r}; SWE-bench has pass_and_fail and fail_only")
    return make_test_spec({"version": "", **record})
