"""A stack file of an older version: read as it was meant, and written for a newer one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from mlops_iac.cli.main import run_command
from mlops_iac.config.stack_config import StackConfig
from mlops_iac.core import exit_codes, notices
from mlops_iac.core.errors import BlueprintError, ConfigError, UsageError
from mlops_iac.program import load
from mlops_iac.upgrading.upgrade import KEPT, plan_upgrade
from tests.support.aging import Aging, Aging1, Aging2
from tests.upgrading.conftest import HEAD, Write

Release = Callable[[type[Aging]], None]

OLD = """\
  mlops-iac:options:
    # how many
    keep: 5   # of images
    scan: always
    colour: blue
    # days: 7
"""


def read(root: Path) -> StackConfig:
    return load(root, "churn-dev").config


def test_an_older_file_means_what_it_meant(write: Write, release: Release, tmp_path: Path) -> None:
    release(Aging)
    write(OLD)
    config = read(tmp_path)
    assert (config.blueprint_version, config.latest_version, config.is_outdated) == (1, 3, True)
    assert config.options.model_dump() == {"limits": {"images": 5}, "untagged_days": 7, "scan": "on-push"}


def test_it_is_said_once_that_a_file_is_older(write: Write, release: Release, tmp_path: Path) -> None:
    release(Aging)
    write(OLD)
    said: list[str] = []
    notices.listen(said.append)
    read(tmp_path)
    read(tmp_path)
    assert said == ["churn-dev is written for image-store 1; this is 3: run `mlops-iac upgrade churn-dev`."]


def test_a_mistake_is_told_where_the_file_has_it(write: Write, release: Release, tmp_path: Path) -> None:
    release(Aging)
    write(OLD.replace("keep: 5", "keep: many"))
    with pytest.raises(ConfigError) as caught:
        read(tmp_path)
    assert [(one.line, one.path) for one in caught.value.problems] == [(9, "options.keep")]


def test_the_file_is_written_for_the_new_version_and_keeps_its_comments(
    write: Write, release: Release, tmp_path: Path
) -> None:
    release(Aging)
    file = write(OLD)
    before = read(tmp_path)
    planned = plan_upgrade(tmp_path, "churn-dev")
    assert planned.told == (
        "`keep` is called `limits.images`",
        "`scan` says `on-push` for `always`",
        "`untagged_days` is kept at `7`, which it meant; left out it means `1` now",
        "`colour` is gone: nobody saw it",
    )
    assert file.read_text() == HEAD + OLD  # nothing is written before it was shown
    kept = planned.carry_out()
    assert file.read_text() == HEAD + (
        "  mlops-iac:blueprint_version: 3\n"
        "  mlops-iac:options:\n"
        "    untagged_days: 7\n"
        "    limits:\n"
        "      # how many\n"
        "      images: 5   # of images\n"
        "    scan: on-push\n"
        "    # days: 7\n"
    )
    assert kept.read_text() == HEAD + OLD
    assert kept.parent == tmp_path / KEPT
    after = read(tmp_path)
    assert after.options == before.options
    assert not after.is_outdated


def test_it_goes_one_version_at_a_time_where_that_is_asked_for(write: Write, release: Release, tmp_path: Path) -> None:
    release(Aging)
    file = write(OLD)
    plan_upgrade(tmp_path, "churn-dev", 2).carry_out()
    assert "blueprint_version: 2" in file.read_text()
    assert "colour: blue" in file.read_text()
    assert read(tmp_path).options.untagged_days == 7
    release(Aging2)
    assert read(tmp_path).options.model_dump() == {
        "limits": {"images": 5}, "untagged_days": 7, "scan": "always", "colour": "blue",
    }  # fmt: skip
    release(Aging)
    plan_upgrade(tmp_path, "churn-dev").carry_out()
    assert "blueprint_version: 3" in file.read_text()
    assert "colour" not in file.read_text()


def test_what_the_company_says_is_no_default_to_keep(write: Write, release: Release, tmp_path: Path) -> None:
    release(Aging)
    write(OLD)
    (tmp_path / "mlops-iac.yaml").write_text("defaults:\n  options: {untagged_days: 3}\n")
    assert read(tmp_path).options.untagged_days == 3
    planned = plan_upgrade(tmp_path, "churn-dev")
    assert "untagged_days" not in planned.after


def test_a_renamed_option_in_braces_is_renamed_and_one_that_moves_is_left_to_a_person(
    write: Write, release: Release, tmp_path: Path
) -> None:
    release(Aging2)
    file = write("  mlops-iac:options: {days: 3}  # short\n")
    plan_upgrade(tmp_path, "churn-dev").carry_out()
    assert file.read_text().endswith("  mlops-iac:options: {untagged_days: 3}  # short\n")
    file = write("  mlops-iac:options: {keep: 3}\n")
    with pytest.raises(ConfigError) as caught:
        plan_upgrade(tmp_path, "churn-dev")
    assert caught.value.problems[0].line == 7
    assert caught.value.summary == "This is edited by hand."


def test_versions_that_cannot_be_had_are_refused_with_what_to_do(
    write: Write, release: Release, tmp_path: Path
) -> None:
    release(Aging2)
    write(OLD)
    with pytest.raises(UsageError, match="no such version") as newer:
        plan_upgrade(tmp_path, "churn-dev", 3)
    assert "image-store has versions up to 2; 3 was asked for" in newer.value.detail
    assert "pip install --upgrade" in newer.value.hint
    write("  mlops-iac:blueprint_version: 2\n")
    with pytest.raises(UsageError, match="not taken back"):
        plan_upgrade(tmp_path, "churn-dev", 1)
    write("  mlops-iac:blueprint_version: 7\n")
    with pytest.raises(ConfigError) as ahead:
        read(tmp_path)
    (problem,) = ahead.value.problems
    assert (problem.line, problem.summary) == (7, "The stack file is newer than this package.")
    assert "written for image-store 7; the latest that is known here is 2" in problem.detail


@pytest.mark.parametrize("version", ["0", "true", "two", "1.5", "[1]"])
def test_what_is_no_version_is_told_at_its_line(version: str, write: Write, release: Release, tmp_path: Path) -> None:
    release(Aging)
    write(f"  mlops-iac:blueprint_version: {version}\n")
    with pytest.raises(ConfigError) as caught:
        read(tmp_path)
    assert [(one.line, one.path) for one in caught.value.problems] == [(7, "blueprint_version")]


def test_an_option_by_both_of_its_names_is_said_twice(write: Write, release: Release, tmp_path: Path) -> None:
    release(Aging)
    write("  mlops-iac:options:\n    days: 3\n    untagged_days: 4\n")
    with pytest.raises(ConfigError) as caught:
        read(tmp_path)
    (problem,) = caught.value.problems
    assert (problem.line, problem.summary) == (8, "This is said twice.")


def test_a_migration_that_changes_what_a_file_means_is_refused(
    write: Write, release: Release, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mlops_iac.config.migrations import OptionRenamed
    from mlops_iac.upgrading import stack_edit

    release(Aging)
    file = write(OLD)
    monkeypatch.setitem(stack_edit.EDITS, OptionRenamed, lambda change, document, known: None)
    with pytest.raises((BlueprintError, ConfigError)):
        plan_upgrade(tmp_path, "churn-dev")
    assert file.read_text() == HEAD + OLD


def test_a_file_that_was_changed_meanwhile_is_not_overwritten(write: Write, release: Release, tmp_path: Path) -> None:
    release(Aging)
    file = write(OLD)
    planned = plan_upgrade(tmp_path, "churn-dev")
    write(OLD.replace("5", "6"))
    with pytest.raises(UsageError, match="changed meanwhile"):
        planned.carry_out()
    assert "keep: 6" in file.read_text()


def test_a_file_without_a_version_is_of_the_first(write: Write, release: Release, tmp_path: Path) -> None:
    release(Aging1)
    write(OLD)
    config = read(tmp_path)
    assert (config.blueprint_version, config.is_outdated) == (1, False)
    assert not plan_upgrade(tmp_path, "churn-dev").is_needed


def test_every_command_that_reads_the_file_says_once_that_it_is_older(
    write: Write, release: Release, capsys: pytest.CaptureFixture[str]
) -> None:
    release(Aging)
    write(OLD)
    for command in ("preview churn-dev", "cost churn-dev", "config show churn-dev", "policy check churn-dev"):
        assert run_command(command.split()) == exit_codes.OK, command
        said = capsys.readouterr().err
        assert (
            said.count("churn-dev is written for image-store 1; this is 3: run `mlops-iac upgrade churn-dev`.") == 1
        ), said


def test_an_old_name_in_a_new_file_is_told_by_its_new_one(write: Write, release: Release, tmp_path: Path) -> None:
    release(Aging)
    write("  mlops-iac:blueprint_version: 3\n  mlops-iac:options:\n    keep: 5\n")
    with pytest.raises(ConfigError) as caught:
        read(tmp_path)
    (problem,) = caught.value.problems
    assert (problem.line, problem.summary) == (9, "This key is not known here.")
    assert problem.hint == "since version 2 it is called `limits.images`."


def test_a_new_file_is_written_for_the_latest_version(
    write: Write, release: Release, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    release(Aging)
    write("").unlink()
    assert run_command(["new", "--team", "churn", "--env", "dev", "--blueprint", "image-store"]) == exit_codes.OK
    assert "\n  mlops-iac:blueprint_version: 3\n" in (tmp_path / "stacks/Pulumi.churn-dev.yaml").read_text()
    config = read(tmp_path)
    assert (config.is_outdated, config.options.untagged_days) == (False, 1)
    release(Aging1)
    assert run_command(["new", "--team", "churn", "--env", "qa", "--blueprint", "image-store"]) == exit_codes.OK
    assert "blueprint_version" not in (tmp_path / "stacks/Pulumi.churn-qa.yaml").read_text()


def test_status_and_show_say_the_version(write: Write, release: Release, capsys: pytest.CaptureFixture[str]) -> None:
    release(Aging)
    write(OLD)
    assert run_command(["status"]) == exit_codes.OK
    assert "image-store 1 of 3" in capsys.readouterr().out
    assert run_command(["status", "churn-dev", "--json"]) == exit_codes.OK
    assert '"latest_version": 3' in capsys.readouterr().out
    assert run_command(["blueprint", "show", "image-store"]) == exit_codes.OK
    assert capsys.readouterr().out.startswith("image-store 3: Images, for a while.")


def test_the_laws_of_blueprints_hold_its_migrations(release: Release, monkeypatch: pytest.MonkeyPatch) -> None:
    from mlops_iac.config.migrations import DefaultChanged, Migration, OptionRenamed
    from mlops_iac.testing.contracts import BLUEPRINT_LAWS, BlueprintCase
    from tests.support.aging import Options3

    (law,) = [one for one in BLUEPRINT_LAWS if one.__name__ == "its_migrations_lead_to_its_options"]
    release(Aging)
    law(BlueprintCase(name="image-store"))
    for wrong in (DefaultChanged(option="untagged_days", was="many", now=1), OptionRenamed(was="scan", now="look")):
        monkeypatch.setattr(Options3, "migrations", (Migration(why="wrong", changes=(wrong,)),))
        with pytest.raises(AssertionError):
            law(BlueprintCase(name="image-store"))
