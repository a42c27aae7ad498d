"""A project's `__main__.py`, run in this process as often as it is asked for."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from mlops_iac.core.errors import BlueprintError
from mlops_iac.program.entry_point import run_file
from tests.program.conftest import WriteProject

SEEN: list[Any] = []
"""What the programs of these tests tell."""


@pytest.fixture(autouse=True)
def nothing_seen() -> None:
    SEEN.clear()


TELL = "from tests.program.test_entry_point import SEEN\n"


def run(root: Path) -> None:
    run_file(root / "__main__.py", root)


def test_it_is_the_main_module_and_finds_its_neighbours(write_project: WriteProject) -> None:
    main = TELL + "import neighbour_one\nif __name__ == '__main__':\n    SEEN.append(neighbour_one.WORD)\n"
    run(write_project({"neighbour_one.py": "WORD = 'hello'\n"}, main=main))
    assert SEEN == ["hello"]


def test_what_a_neighbour_makes_when_it_is_imported_it_makes_in_every_run(write_project: WriteProject) -> None:
    root = write_project(
        {"neighbour_two/__init__.py": "", "neighbour_two/network.py": TELL + "SEEN.append('made')\n"},
        main="from neighbour_two import network\n",
    )
    run(root)
    run(root)
    assert SEEN == ["made", "made"]


def test_a_run_within_a_run_leaves_the_modules_of_the_outer_one(write_project: WriteProject) -> None:
    root = write_project({"neighbour_three.py": "WORDS = []\n"}, main="")
    (root / "inner.py").write_text("import neighbour_three\nneighbour_three.WORDS.append('inner')\n")
    (root / "__main__.py").write_text(
        TELL + "import neighbour_three, pathlib\n"
        "from mlops_iac.program.entry_point import run_file\n"
        "here = pathlib.Path(__file__)\n"
        "run_file(here.with_name('inner.py'), here.parent)\n"
        "import sys\n"
        "SEEN.append((neighbour_three.WORDS, sys.modules['neighbour_three'] is neighbour_three))\n"
    )
    run(root)
    assert SEEN == [([], True)]


def test_its_folder_is_first_on_the_path_only_while_it_runs(write_project: WriteProject) -> None:
    root = write_project(main=TELL + "import sys\nSEEN.append(sys.path[0])\n")
    before = sys.path[0]
    run(root)
    assert [str(root)] == SEEN
    assert sys.path[0] == before
    assert sys.path[-1] == str(root)
    sys.path.remove(str(root))


def test_a_module_that_is_not_installed_is_named_with_where_it_is_missed(write_project: WriteProject) -> None:
    root = write_project(main="import pulumi_no_such_cloud.things\n")
    with pytest.raises(BlueprintError, match="imports what is not installed") as refused:
        run(root)
    assert "`pulumi_no_such_cloud`" in refused.value.detail
    assert sys.executable in refused.value.detail
    assert "pip install pulumi-no-such-cloud" in refused.value.hint


def test_a_program_that_exits_with_a_failure_has_failed(write_project: WriteProject) -> None:
    with pytest.raises(BlueprintError, match="ended itself"):
        run(write_project(main="raise SystemExit('no')\n"))
    run(write_project(main="raise SystemExit\n"))
