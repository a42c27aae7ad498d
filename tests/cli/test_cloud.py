"""`mlops-iac cloud`: what is shown to people and what to machines."""

from __future__ import annotations

import re

from mlops_iac.cli.cloud import readable, tell_status

STATUS = {"running": True, "started": 1795258813.59, "memory_bytes": 348692480, "jobs": {"running": 0}}


def test_people_read_a_time_of_day_and_sizes_with_a_unit():
    shown = readable(STATUS)
    assert re.fullmatch(r"2026-11-2\d \d\d:\d\d:13", shown.pop("started"))
    assert shown == {"running": True, "memory": "332.5 MiB", "jobs": {"running": 0}}


def test_machines_read_the_numbers(capsys):
    tell_status(STATUS, json=True)
    out = capsys.readouterr().out
    assert '"started": 1795258813.59' in out
    assert '"memory_bytes": 348692480' in out
