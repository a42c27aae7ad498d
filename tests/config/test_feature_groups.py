"""Definitions of features: what is read, and what each mistake is told at its line."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from mlops_iac.config.feature_groups import MOST_GROUPS, Written, read_feature_groups
from mlops_iac.core.errors import ConfigError

GOOD = """\
description: Visits of each patient
record_identifier: patient
event_time: seen_at
features:
  patient: String
  seen_at: Fractional
  visits: Integral
ttl: 30 days
"""


def read(root: Path, files: Mapping[str, str]) -> Mapping[str, Written]:
    folder = root / "code"
    (folder / "features").mkdir(parents=True)
    for name, text in files.items():
        (folder / "features" / name).write_text(text)
    return read_feature_groups(root, folder)


def test_a_definition_is_read_as_it_is_written(tmp_path: Path) -> None:
    written = read(tmp_path, {"visits-daily.yaml": GOOD})["visits-daily"]
    assert list(written.group.features.items()) == [
        ("patient", "String"), ("seen_at", "Fractional"), ("visits", "Integral"),
    ]  # fmt: skip
    assert (written.table, written.group.ttl_duration, written.group.ttl_seconds) == (
        "visits_daily", ("Days", 30), 30 * 86400,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("change", "line", "said"),
    [
        (("Integral", "Int"), 7, "not one of the choices"),
        (("visits: Integral", "Visits: Integral"), 7, "Visits"),
        (("event_time: seen_at\n", ""), 1, "event_time"),
        (("event_time: seen_at", "event_time: seen"), 3, "`seen`, which is none of `features`.*seen_at"),
        (("record_identifier: patient", "record_identifier: seen_at"), 3, "two roles"),
        (("seen_at: Fractional", "seen_at: Integral"), 6, "no type of a time"),
        (("visits: Integral", "write_time: Integral"), 7, "Feature Store adds a column `write_time` itself"),
        (("ttl: 30 days", "ttl: a month"), 8, "ttl"),
        (("ttl: 30 days", "ttl: 30 days\nonline: false"), 8, "Nothing would be kept so long"),
        (("ttl: 30 days", "tll: 30 days"), 8, "tll"),
        ((GOOD, ""), 1, "must be a mapping|is empty"),
        ((GOOD, "- one"), 1, "must be a mapping"),
        (("visits: Integral", "visits: !!python/object:os.system Integral"), 7, "tag"),
    ],
)
def test_a_mistake_is_told_at_its_line(tmp_path: Path, change: tuple[str, str], line: int, said: str) -> None:
    with pytest.raises(ConfigError) as refused:
        read(tmp_path, {"visits.yaml": GOOD.replace(*change)})
    assert re.search(said, str(refused.value), re.DOTALL)
    assert line in [problem.line or 1 for problem in refused.value.problems]


def test_every_mistake_of_every_file_is_told_at_once(tmp_path: Path) -> None:
    files = {
        "a.yaml": GOOD.replace("Integral", "Int"),
        "b.yaml": GOOD.replace("seen_at: Fractional", "seen_at: Integral"),
    }
    with pytest.raises(ConfigError) as refused:
        read(tmp_path, files)
    assert [(one.file, one.line) for one in refused.value.problems] == [
        ("code/features/a.yaml", 7), ("code/features/b.yaml", 6),
    ]  # fmt: skip


def test_two_groups_of_one_table_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="Groups `a` and `b` are both table `visits`") as refused:
        read(tmp_path, {"a.yaml": f"{GOOD}table: visits\n", "b.yaml": f"{GOOD}table: visits\n"})
    assert [(one.file, one.line) for one in refused.value.problems] == [("code/features/b.yaml", 9)]


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({}, "There are no features"),
        ({"visits.yml": GOOD}, "`visits.yml` would be ignored"),
        ({"Visits.yaml": GOOD}, "must be small letters"),
        ({f"{'v' * 40}.yaml": GOOD}, "must be small letters"),
        ({f"g{number}.yaml": "" for number in range(MOST_GROUPS + 1)}, "a team may have 50"),
        ({"visits.yaml": "#" * 300_000}, "KiB|large"),
    ],
)
def test_files_that_are_no_groups_are_refused(tmp_path: Path, files: dict[str, str], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        read(tmp_path, files)
