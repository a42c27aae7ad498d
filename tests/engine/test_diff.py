from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from mlops_iac.engine.deciding.diff import as_replace, diff, top_level
from mlops_iac.engine.values.value import UNKNOWN, Secret

CASES = sorted((Path(__file__).parent / "cases/diff").glob("*.yaml"))


class _Loader(yaml.SafeLoader):
    """YAML with ``!secret`` and ``!unknown``."""


def _secret(loader: yaml.SafeLoader, node: Any) -> Secret:
    if isinstance(node, yaml.MappingNode):
        return Secret(loader.construct_mapping(node, deep=True))
    return Secret(loader.construct_scalar(node))


_Loader.add_constructor("!secret", _secret)
_Loader.add_constructor("!unknown", lambda loader, node: UNKNOWN)


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_each_case_differs_as_it_says(path: Path) -> None:
    case = yaml.load(path.read_text(), Loader=_Loader)
    found = {place: change.kind for place, change in diff(case["old"], case["new"]).items()}
    assert found == case["expect"], case["why"]


def test_a_change_holds_the_old_and_the_new_value() -> None:
    change = diff({"tags": {"team": "a"}}, {"tags": {"team": "b"}})["tags.team"]
    assert (change.old, change.new) == ("a", "b")


def test_a_secret_is_shown_sealed() -> None:
    change = diff({"token": Secret("one")}, {"token": Secret("two")})["token"]
    assert repr((change.old, change.new)) == "([secret], [secret])"


def test_a_path_belongs_to_its_first_part() -> None:
    assert [top_level(path) for path in ("size", "tags.owner", "rules[0].a", '["a.b"].c')] == [
        "size",
        "tags",
        "rules",
        "a.b",
    ]


def test_only_the_forcing_inputs_are_marked_as_replacing() -> None:
    changes = as_replace(diff({"label": "a", "size": 1}, {"label": "b", "size": 2}), frozenset({"label"}))
    assert {path: change.kind for path, change in changes.items()} == {"label": "update-replace", "size": "update"}
