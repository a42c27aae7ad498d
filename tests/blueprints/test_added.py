"""Blueprints that other packages bring, by entry point."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mlops_iac import __version__
from mlops_iac.blueprints import BLUEPRINTS, FAMILY, find_blueprint, get_blueprint
from mlops_iac.cli.blueprint import list_all, options_models
from mlops_iac.cli.plugins import plugins
from mlops_iac.core.errors import BlueprintError
from tests.support.installed import forget, make_install

MODULE = """
from mlops_iac.blueprints.tabular_batch import TabularBatch

class Nightly(TabularBatch):
    name = "churn-nightly"
    summary = "Scores customers every night."

class Nameless:
    name = "nameless"
"""


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Install a package of one module, which offers the given blueprints."""
    install = make_install(tmp_path / "site", monkeypatch)

    def offer(points: dict[str, str], package: str = "acme-mlops", code: str = MODULE) -> None:
        module = package.replace("-", "_")
        lines = "".join(f"{name} = {module}:{kind}\n" for name, kind in points.items())
        install(f"[mlops_iac.blueprints]\n{lines}", package=package, code=code)

    yield offer
    forget()


def test_a_packages_blueprint_is_one_of_all(install, capsys) -> None:
    install({"churn-nightly": "Nightly"})
    assert list(FAMILY.sources()) == sorted([*BLUEPRINTS, "churn-nightly"])
    assert get_blueprint("churn-nightly").summary == "Scores customers every night."
    list_all()
    assert "Scores customers every night.  (from acme-mlops 1.2)" in capsys.readouterr().out
    list_all(json=True)
    listed = {each["name"]: each["package"] for each in json.loads(capsys.readouterr().out)["blueprints"]}
    assert listed == {**dict.fromkeys(BLUEPRINTS), "churn-nightly": "acme-mlops 1.2"}


@pytest.mark.parametrize(
    ("points", "code", "summary", "words"),
    [
        ({"tabular-batch": "Nightly"}, MODULE, "Two packages offer one name.", "this package itself"),
        ({"gone": "Gone"}, MODULE, "A package cannot be loaded.", "AttributeError"),
        ({"churn-nightly": "Nightly"}, "import no_such_module", "A package cannot be loaded.", "no_such_module"),
        ({"churn-nightly": "Nightly"}, "1 / 0", "A package cannot be loaded.", "ZeroDivisionError"),
        ({"other": "Nightly"}, MODULE, "A package's offer is not what it says.", "calls itself `churn-nightly`"),
        ({"nameless": "Nameless"}, MODULE, "A package's offer is not what it says.", "has no `summary`, `Options`"),
    ],
)
def test_a_package_that_cannot_be_used_is_named(install, points, code, summary, words) -> None:
    install(points, code=code)
    problems = [member.problem for member in FAMILY.members() if member.problem]
    assert [problem.summary for problem in problems] == [summary]
    assert words in problems[0].detail
    assert "acme-mlops" in problems[0].detail


def test_a_package_for_another_version_is_told_and_not_loaded(tmp_path, monkeypatch) -> None:
    install = make_install(tmp_path / "site", monkeypatch)
    points = "[mlops_iac.blueprints]\nnightly = acme_mlops:Nightly\n"
    install(points, code=f"open({str(tmp_path / 'ran')!r}, 'w')", needs="mlops-iac[x] >=7,<8")
    problem = next(member.problem for member in FAMILY.members() if member.problem)
    assert problem.summary == "A package is for another version."
    assert problem.detail == (
        f"`nightly` of package acme-mlops 1.2 (acme_mlops:Nightly) works with mlops-iac <8,>=7; this is {__version__}."
    )
    assert not (tmp_path / "ran").exists()


def test_a_broken_package_is_told_and_keeps_nobody_from_the_others(install, capsys) -> None:
    install(
        {"good": "Good"}, package="good-mlops", code=MODULE.replace("Nightly", "Good").replace("churn-nightly", "good")
    )
    install({"gone": "Gone"}, code="raise SystemExit(3)")
    list_all()
    told = capsys.readouterr()
    assert [line.split()[0] for line in told.out.splitlines() if line[0] != " "] == sorted([*BLUEPRINTS, "good"])
    assert "note: A package cannot be loaded." in told.err
    assert "`gone` of package acme-mlops 1.2 (acme_mlops:Gone): SystemExit: 3" in told.err
    assert set(options_models()) == {*BLUEPRINTS, "good"}
    plugins()
    assert "cannot be used: `gone` of package acme-mlops 1.2" in capsys.readouterr().out


def test_two_packages_may_not_offer_one_name(install) -> None:
    install({"churn-nightly": "Nightly"})
    install({"churn-nightly": "Nightly"}, package="other-mlops")
    with pytest.raises(BlueprintError, match="Two packages offer one name"):
        get_blueprint("churn-nightly")
    assert get_blueprint("tabular-batch").name == "tabular-batch"


def test_ours_is_found_without_asking_packages(install) -> None:
    """A broken package of a stranger's does not keep a team from its own environment."""
    install({"tabular-batch": "Nightly"})
    assert type(get_blueprint("tabular-batch")).__module__.startswith("mlops_iac.blueprints")
    install({"broken": "Gone"}, package="broken-mlops")
    with pytest.raises(BlueprintError):
        find_blueprint("broken")
