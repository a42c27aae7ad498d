"""Files that evaluations wrote, good and bad."""

from __future__ import annotations

import json

import pytest

from mlops_iac.core.evaluation import MOST_BYTES, find_fault, metric_keys, read_numbers

KEY = "models/261121-081530-3fa2/evaluation/evaluation.json"
GOOD = b'{"metrics": {"auc": 0.99, "validation:auc": 0.98}, "regression_metrics": {"mse": {"value": 4.9}}}'


def test_numbers_have_the_names_that_a_gate_takes() -> None:
    numbers = read_numbers(GOOD)
    assert numbers == {"auc": 0.99, "validation:auc": 0.98, "regression_metrics.mse.value": 4.9}
    for name in numbers:
        assert find_fault(GOOD, KEY, name) == ""


def test_a_plain_name_lies_below_metrics_and_a_path_starts_at_the_top() -> None:
    assert metric_keys("auc") == ("metrics", "auc")
    assert metric_keys("regression_metrics.mse.value") == ("regression_metrics", "mse", "value")
    assert metric_keys("validation:auc") == ("metrics", "validation:auc")


@pytest.mark.parametrize(
    "body",
    [
        b"not json",
        b"[]",
        b"3",
        b'{"metrics": 3}',
        b'{"auc": 1}',
        b'{"metrics": {"auc": "0.9", "ok": true, "none": null}}',
        b'{"metrics": {"auc": NaN, "inf": Infinity, "big": 1e999, "digits": 1' + b"0" * 400 + b"}}",
        b"[" * 100_000 + b"]" * 100_000,
        b'{"metrics": ' + b"9" * 5000 + b"}",
        b"\xff\xfe",
    ],
)
def test_what_is_no_number_is_not_shown_and_breaks_nothing(body: bytes) -> None:
    assert read_numbers(body) == {}


def test_a_file_of_many_numbers_shows_the_first_of_them() -> None:
    assert len(read_numbers(json.dumps({"metrics": {f"m{n}": n for n in range(5000)}}).encode())) == 100


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (None, "does not exist"),
        (b'{"metrics": {"auc": 1}}' + b" " * MOST_BYTES, "at most 4,194,304 bytes"),
        (b"\xef\xbb\xbf" + GOOD, "byte order mark"),
        (b"{", "is not JSON"),
        (b"\xff", "byte 0 is not UTF-8"),
        (b"[" * 100_000 + b"]" * 100_000, "nested too deep"),
        (b'{"metrics": {"auc": 0.9, "other": NaN}}', "`metrics.other` is NaN"),
        (b'{"metrics": {"auc": 0.9}, "curve": [0.1, Infinity]}', "`curve.1` is Infinity"),
        (b'{"metrics": {"auc": 1e999}}', "`metrics.auc` is Infinity"),
        (b'{"metrics": {"auc": "0.99"}}', '`auc` is text, not a number: "0.99"'),
        (b'{"metrics": {"auc": {"value": 1}}}', '`auc` is an object, not a number: {"value": 1}'),
        (b'{"metrics": {"auc": true}}', "`auc` is a truth value"),
        (b'{"metrics": {"auc": null}}', "`auc` is null"),
        (b'{"metrics": {"auc": 1' + b"0" * 400 + b"}}", "a number of more than 300 digits"),
        (b'{"metrics": {"f1": 1}}', "has no `metrics.auc`; it has: f1."),
        (b'{"auc": 1}', "has no `metrics.auc`; it has: auc."),
        (b"[1]", "has no `metrics.auc`."),
    ],
)
def test_a_metric_that_cannot_be_compared_is_told_with_its_file(body: bytes | None, told: str) -> None:
    fault = find_fault(body, KEY, "auc")
    assert told in fault
    assert fault.startswith(KEY)
