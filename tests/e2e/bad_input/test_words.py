"""What goes wrong on the command line and in stack files, by the real CLI: each time an exit code of Pulumi's table,
what is wrong, where, the value given, what is allowed, what to do, no traceback, and everything as it was before."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from mlops_iac.core import exit_codes
from tests.e2e.bad_input.project import CLI, GOOD, NEW, Project, changed, environment

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

# Words on the command line ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("option", "value", "says"),
    [
        ("--team", "a", ("Value given: a.", "2 to 16 characters")),
        ("--team", "a" * 17, ("2 to 16 characters",)),
        ("--team", "Tiny", ("Value given: Tiny.", "small letters")),
        ("--team", "ti--ny", ("single hyphens",)),
        ("--team", "ti_ny", ("Value given: ti_ny.",)),
        ("--team", "../tiny", ("Value given: ../tiny.",)),
        ("--team", "", ("Value given: empty text.",)),
        ("--env", "d", ("2 to 10 characters",)),
        ("--env", "development", ("2 to 10 characters",)),
        ("--blueprint", "tabular-bach", ("Value given: tabular-bach.", "did you mean `tabular-batch`?")),
        ("--region", "eu-west-9", ("Value given: eu-west-9.", "did you mean `eu-west-")),
        ("--code", "../elsewhere", ("Value given: ../elsewhere.", "below the project's root")),
        ("--security", "lax", ("Value given: lax.", "regulated", "sandbox", "standard")),
        ("--owner", "nobody", ("Value given: nobody.", "e-mail")),
    ],
)
def test_new_refuses_what_aws_or_pulumi_would_refuse(project: Project, option: str, value: str, says: tuple[str, ...]):
    before = project.stack_files()
    told = project.run(*NEW, option, value, code=exit_codes.CONFIGURATION)
    assert told.startswith("error: This value is not allowed.\n")
    for words in (option, *says):
        assert words in told, told
    assert project.stack_files() == before


def test_new_never_overwrites(project: Project):
    before = project.stack_files()
    same = tuple(word if word != "qa" else "dev" for word in NEW)
    project.refused(*same, code=exit_codes.CONFIGURATION, says=("stacks/Pulumi.tiny-dev.yaml", "was not touched"))
    assert project.stack_files() == before


def test_an_unknown_stack_is_told_with_the_known_ones(project: Project):
    for command in ("preview", "up"):
        says = ("There is no stacks/Pulumi.tiny-dve.yaml.", "did you mean `tiny-dev`?")
        project.refused(command, "tiny-dve", code=exit_codes.STACK_NOT_FOUND, says=says)
    for words in (("destroy", "--yes"), ("outputs",), ("run",), ("refresh", "--yes"), ("data", "ls")):
        given = (words[0], "tiny-dve", *words[1:]) if words[0] != "data" else (*words, "tiny-dve")
        project.refused(*given, code=exit_codes.STACK_NOT_FOUND, says=("`tiny-dve` is not deployed",))
    assert project.cloud.find() is None, "nothing was started for a stack that does not exist"


def test_wrong_use_says_how_it_is_used(project: Project):
    misuse = exit_codes.CONFIGURATION
    project.refused("prevew", code=misuse, says=("No such command 'prevew'", "did you mean `mlops-iac preview`?"))
    project.refused("up", code=misuse, says=("No environment is named", "mlops-iac stack select"))
    project.refused("blueprint", "show", code=misuse, says=("Missing argument", "mlops-iac blueprint show --help"))
    project.refused(
        "preview", "tiny-dev", "--cloud", "gcp", code=misuse, says=("'gcp' is not one of 'embedded', 'aws'",)
    )
    project.refused("blueprint", "show", "nope", code=misuse, says=("There is no blueprint `nope`", "tabular-batch"))
    assert "Usage: mlops-iac data" in project.run("data", code=misuse)


def test_outside_a_project_every_command_says_so(project: Project, tmp_path: Path):
    for words in (("preview", "tiny-dev"), ("up", "tiny-dev"), ("cloud", "status"), ("graph", "tiny-dev"), NEW):
        says = (f"There is no Pulumi.yaml in {tmp_path}", "--cwd FOLDER")
        project.refused(*words, code=exit_codes.CONFIGURATION, says=says, cwd=tmp_path)
    assert list(tmp_path.iterdir()) == []


# The stack file ------------------------------------------------------------------------------------------------------

BOMB = "a: &a [x,x,x]\nb: &b [*a,*a,*a]\nc: &c [*b,*b,*b]\nconfig: *c\n"


@pytest.mark.parametrize(
    ("content", "line", "says"),
    [
        (b"", 0, ("The file is empty.", "mlops-iac new")),
        (b"# nothing\n", 0, ("The file is empty.",)),
        (GOOD.encode() + b"#" * 300_000, 0, ("The file is too large.", "256 KiB")),
        (b"\x00\x01\x02config", 1, ("control character U+0000",)),
        (b"\x7fELF\xf1\xf2", 1, ("not UTF-8",)),
        (changed("tiny\n  mlops-iac:env", "caf\u00e9\n  mlops-iac:env").decode().encode("latin-1"), 3, ("0xe9",)),
        (changed("examples/tiny", '!!python/object/apply:os.system ["touch pwned"]'), 6, ("YAML tags", "os.system")),
        (changed("  mlops-iac:env", "  mlops-iac:team: other\n  mlops-iac:env"), 4, ("twice", "already on line 3")),
        (BOMB.encode(), 1, ("anchors and aliases", "`&a`")),
        (b"config: " + b"[" * 5000 + b"]" * 5000, 1, ("nested too deep", "20 deep")),
        (changed("config:", "config: ["), 3, ("not valid YAML",)),
        (changed("  mlops-iac:team", "\tmlops-iac:team"), 3, ("not valid YAML", "a tab in the indentation")),
        (changed("tabular-batch", "tabular-bach"), 5, ("Unknown blueprint.", "did you mean `tabular-batch`?")),
        (changed("eu-west-1", "eu-west-9"), 2, ("There is no such region.", "Value given: eu-west-9", "did you mean")),
        (changed("team: tiny", "team: Tiny"), 3, ("Value given: Tiny.", "2 to 16 characters")),
        (changed("environment: bad", "environment: b"), 4, ("Value given: b.", "2 to 10 characters")),
        (changed("examples/tiny", "../../etc"), 6, ("Value given: ../../etc.", "below the project's root")),
        (changed("examples/tiny", "examples/gone"), 6, ("The code folder is missing.", "`examples/gone`")),
        (changed("at_least: 0.9", "at_least: high"), 8, ("This must be a number.", "Value given: high.")),
        (
            changed("gate: {", "serving: {flavour: kserve}\n    gate: {"),
            8,
            ("allowed: serverless, realtime, async.",),
        ),
        (changed("gate: {", "retention_days: soon\n    gate: {"), 8, ("Value given: soon.", "1 to 3650")),
        (changed("gate: {", "gaet: {"), 8, ("This key is not known here.", "did you mean `gate`?")),
        (changed("gate: {", "framework: {name: sklearn, version: '9'}\n    gate: {"), 8, ("no version `9`", "1.4-2")),
    ],
)
def test_a_wrong_stack_file_is_told_with_its_line(project: Project, content: bytes, line: int, says: tuple[str, ...]):
    file = project.folder / "stacks/Pulumi.tiny-bad.yaml"
    file.write_bytes(content)
    try:
        told = project.run("preview", "tiny-bad", code=exit_codes.CONFIGURATION)
    finally:
        file.unlink()
    place = f"stacks/Pulumi.tiny-bad.yaml:{line}" if line else "stacks/Pulumi.tiny-bad.yaml\n"
    for words in (place, *says):
        assert words in told, told
    assert not (project.folder / "pwned").exists()
    assert project.cloud.find() is None


def test_all_problems_of_a_stack_file_are_told_at_once_and_as_json(project: Project):
    file = project.folder / "stacks/Pulumi.tiny-bad.yaml"
    file.write_bytes(changed("at_least: 0.9", "at_least: high").replace(b"team: tiny", b"team: Tiny"))
    done = subprocess.run([*CLI, "up", "tiny-bad", "--yes", "--json"], cwd=project.folder, env=environment(),
                          capture_output=True, text=True, check=False)  # fmt: skip
    file.unlink()
    error = json.loads(done.stdout)["error"]
    assert (done.returncode, error["exitCode"]) == (exit_codes.CONFIGURATION, exit_codes.CONFIGURATION)
    assert [(one["line"], one["path"]) for one in error["problems"]] == [(3, "team"), (8, "options.gate.at_least")]
    assert "Traceback" not in done.stderr
