"""Evaluation files that no gate can compare, whatever the orchestrator, and what is said of each."""

from __future__ import annotations

BAD: dict[str, tuple[bytes | None, str]] = {
    "missing": (None, "does not exist: the evaluation wrote no such file."),
    "a byte order mark": (b'\xef\xbb\xbf{"metrics": {"auc": 1}}', "starts with a byte order mark"),
    "NaN": (b'{"metrics": {"auc": NaN}}', "`metrics.auc` is NaN, which JSON cannot hold"),
    "NaN beside it": (b'{"metrics": {"auc": 0.99, "f1": NaN}}', "`metrics.f1` is NaN, which JSON cannot hold"),
    "infinite": (b'{"metrics": {"auc": 1e999}}', "`metrics.auc` is Infinity, which JSON cannot hold."),
    "text": (b'{"metrics": {"auc": "0.99"}}', "`auc` is text, not a number"),
    "an object": (b'{"metrics": {"auc": {"value": 1}}}', "`auc` is an object, not a number"),
    "400 digits": (b'{"metrics": {"auc": 1' + b"0" * 400 + b"}}", "`metrics.auc` is a number of more than 300 digits"),
    "another metric": (b'{"metrics": {"f1": 0.95}}', "has no `metrics.auc`; it has: f1."),
    "elsewhere": (
        b'{"binary_classification_metrics": {"auc": {"value": 1}}}',
        "has no `metrics.auc`; it has: binary_class",
    ),
}
"""By what is wrong: the file, None when there is none, and words that tell it. Of a gate on ``auc``."""
