"""Blueprints that other packages bring, by entry point."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from mlops_iac.blueprints import BLUEPRINTS, all_blueprints, find_blueprint, get_blueprint
from mlops_iac.cli.blueprint import list_all
from mlops_iac.core.errors import BlueprintError

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
    """Install a package of one module, which offers the given entry points."""
    monkeypatch.syspath_prepend(tmp_path)

    def install(points: dict[str, str], package: str = "acme-mlops", code: str = MODULE) -> None:
        module = package.replace("-", "_")
        (tmp_path / f"{module}.py").write_text(code)
        monkeypatch.delitem(sys.modules, module, raising=False)
        folder = tmp_path / f"{module}-1.2.dist-info"
        folder.mkdir()
        (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.2\n")
        lines = "".join(f"{name} = {module}:{kind}\n" for name, kind in points.items())
        (folder / "entry_points.txt").write_text(f"[mlops_iac.blueprints]\n{lines}")

    return install


def test_a_packages_blueprint_is_one_of_all(install, capsys) -> None:
    install({"churn-nightly": "Nightly"})
    assert list(all_blueprints()) == sorted([*BLUEPRINTS, "churn-nightly"])
    assert get_blueprint("churn-nightly").summary == "Scores customers every night."
    list_all()
    assert "Scores customers every night.  (from acme-mlops 1.2)" in capsys.readouterr().out
    list_all(json=True)
    listed = {each["name"]: each["package"] for each in json.loads(capsys.readouterr().out)["blueprints"]}
    assert listed == {**dict.fromkeys(BLUEPRINTS), "churn-nightly": "acme-mlops 1.2"}


@pytest.mark.parametrize(
    ("points", "code", "summary", "words"),
    [
        ({"tabular-batch": "Nightly"}, MODULE, "Two packages offer one name.", "this package"),
        ({"gone": "Gone"}, MODULE, "A package cannot be loaded.", "AttributeError"),
        ({"churn-nightly": "Nightly"}, "import no_such_module", "A package cannot be loaded.", "no_such_module"),
        ({"churn-nightly": "Nightly"}, "1 / 0", "A package cannot be loaded.", "ZeroDivisionError"),
        ({"other": "Nightly"}, MODULE, "A package's blueprint is none.", "calls itself `churn-nightly`"),
        ({"nameless": "Nameless"}, MODULE, "A package's blueprint is none.", "has no `summary`, `Options`"),
    ],
)
def test_a_package_that_cannot_be_used_is_named(install, points, code, summary, words) -> None:
    install(points, code=code)
    with pytest.raises(BlueprintError) as refused:
        [get_blueprint(name) for name in all_blueprints()]
    assert refused.value.summary == summary
    assert words in refused.value.detail
    assert "acme-mlops" in refused.value.detail


def test_two_packages_may_not_offer_one_name(install) -> None:
    install({"churn-nightly": "Nightly"})
    install({"churn-nightly": "Nightly"}, package="other-mlops")
    with pytest.raises(BlueprintError, match="Two packages offer one name"):
        all_blueprints()


def test_ours_is_found_without_asking_packages(install) -> None:
    """A broken package of a stranger's does not keep a team from its own environment."""
    install({"tabular-batch": "Nightly"})
    assert type(get_blueprint("tabular-batch")).__module__.startswith("mlops_iac.blueprints")
    install({"broken": "Gone"}, package="broken-mlops")
    with pytest.raises(BlueprintError):
        find_blueprint("broken")
