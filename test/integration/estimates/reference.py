"""What SciPy says of the same numbers: JSON on stdin and stdout."""

import json
import sys

import numpy as np
from scipy.special import comb
from scipy.stats import bootstrap, permutation_test

asked = json.load(sys.stdin)
a, b = (np.array([c / n for n, c in asked[which]]) for which in ("before", "after"))
differences = b - a
drawn = asked["k"]
pass_at = [1 - comb(n - c, drawn, exact=True) / comb(n, drawn, exact=True) for n, c in asked["after"]]
pass_all = [comb(c, drawn, exact=True) / comb(n, drawn, exact=True) for n, c in asked["after"]]


def interval(values):
    ends = bootstrap(
        (values,), np.mean, n_resamples=100_000, method="percentile", rng=np.random.default_rng(0)
    ).confidence_interval
    return [ends.low, ends.high]


def mean_difference(x, y, axis):
    return np.mean(y, axis=axis) - np.mean(x, axis=axis)


tested = permutation_test(
    (a, b),
    mean_difference,
    permutation_type="samples",
    vectorized=True,
    n_resamples=asked["resamples"] or np.inf,
    rng=np.random.default_rng(0),
)
json.dump(
    {
        "passAt": [float(np.mean(pass_at)), *interval(pass_at)],
        "passAll": [float(np.mean(pass_all)), *interval(pass_all)],
        "difference": [float(np.mean(differences)), *interval(differences)],
        "pValue": float(tested.pvalue),
    },
    sys.stdout,
)
