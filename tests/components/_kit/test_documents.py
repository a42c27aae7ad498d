"""Documents are the same text whenever they say the same."""

from __future__ import annotations

import json

from components._kit.documents import dumps, policy


def test_keys_and_resources_are_sorted() -> None:
    statement = {"Sid": "A", "Effect": "Allow", "Resource": ["b", "a", "b"]}
    turned = {"Resource": ["a", "b"], "Effect": "Allow", "Sid": "A"}
    assert dumps(policy([statement])) == dumps(policy([turned]))
    assert json.loads(dumps(statement))["Resource"] == ["a", "b"]


def test_lists_that_are_no_resources_keep_their_order() -> None:
    assert json.loads(dumps({"rules": [3, 1, 2]})) == {"rules": [3, 1, 2]}
