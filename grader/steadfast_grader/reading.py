"""What a log says by our rules, read with the official parser: nothing that contradicts itself is a pass."""

CLASSES = {"PASSED": "passed", "XFAIL": "skipped", "SKIPPED": "skipped"}

# Sentences about imitated output that are told at most, and the length of one.
TOLD = 5
LENGTH = 200


def outcomes_of(parse, text, listed):
    """Outcomes of the listed tests by the parser's ids, and a sentence for each test whose lines were imitated.

    The parser keeps the last line of an id, so that a printed `PASSED` replaces the runner's `FAILED`. Each line is
    therefore read by itself too: an id whose lines differ has failed.
    """
    listed = set(listed)
    cut = tuple(name for name in listed if is_cut(name))
    statuses = {
        name: {status} for name, status in parse(text).items() if name in listed or (cut and name.startswith(cut))
    }
    # A line that stands there twice says it once; an id whose parts stand on several lines is left to the whole.
    for line in dict.fromkeys(text.split("\n")):
        for name, status in parsed_alone(parse, line).items():
            if name in statuses:
                statuses[name].add(status)
    outcomes, imitations = {}, []
    for name, said in statuses.items():
        classes = {CLASSES.get(status, "failed") for status in said}
        outcomes[name] = classes.pop() if len(classes) == 1 else "failed"
        if names_one_test(name) and {"PASSED", "FAILED"} <= said:
            imitations.append(f"it has passed and it has failed: {name}"[:LENGTH])
    return outcomes, imitations[:TOLD]


def parsed_alone(parse, line):
    try:
        return parse(line)
    except Exception:  # a parser of whole documents
        return {}


def is_cut(name):
    """Whether an id ends within its parameters: some lists hold such, and parsers make them at spaces."""
    return name.count("[") > name.count("]")


def names_one_test(name):
    """Whether two lines with this id are about one test: pytest's, by its file. Other runners' names recur honestly, as
    cargo's `tests::parses` does in each crate."""
    return ".py::" in name and not is_cut(name)


def has_ended(log, markers):
    """Whether the script's own end shows: a killed one prints no second marker."""
    return all(marker in log for marker in markers)


def imitated_markers(log, expected):
    """A sentence for each marker that stands in the log more often than the script prints it."""
    found = [(marker, log.count(marker), times) for marker, times in expected.items()]
    return [f"'{marker}' is printed {count} times, not {times}" for marker, count, times in found if count > times]
