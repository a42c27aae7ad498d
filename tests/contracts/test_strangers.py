"""A stranger's package is held to the laws that ours keep, and a broken one breaks nothing but itself."""

from __future__ import annotations

import importlib
import importlib.metadata
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from mlops_iac.cli.main import run_command
from mlops_iac.components import FAMILY as COMPONENTS
from mlops_iac.core import plugins
from mlops_iac.core.facts import find_facts, loses
from mlops_iac.core.resource_types import MADE
from mlops_iac.pipelines.compile.bindings import Bindings
from mlops_iac.pipelines.pipeline import Pipeline
from mlops_iac.pipelines.steps import FAMILY as STEPS
from mlops_iac.pipelines.steps import Output, ProcessingStep
from mlops_iac.testing.contracts import COMPONENT_LAWS, ComponentCase
from tests.support.installed import forget, install_acme, make_install


@pytest.fixture(scope="module")
def acme(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """The package, installed, as a module."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        install_acme(tmp_path_factory.mktemp("site"), monkeypatch)
        yield SimpleNamespace(
            letterbox=importlib.import_module("acme_mlops.letterbox"),
            letter=importlib.import_module("acme_mlops.letter"),
        )
    forget()


@pytest.fixture(scope="module")
def letterbox(acme: Any) -> ComponentCase:
    kinds = acme.letterbox
    return ComponentCase(kind=kinds.Letterbox, args=lambda ground: kinds.LetterboxArgs(key=ground.encryption.ref))


def test_the_laws_refuse_what_breaks_them(acme: Any, letterbox: ComponentCase) -> None:
    """Each of these would be a fault on somebody's account."""

    kinds = acme.letterbox

    class Open(kinds.Letterbox):  # type: ignore[misc]
        def grant_send(self, role: Any) -> None:
            role.grant(self.allow("send", ("sqs:*",), ("*",)))

    kinds.OpenArgs, Open.__module__ = kinds.LetterboxArgs, kinds.__name__
    broken = ComponentCase(kind=Open, args=letterbox.args)
    assert not _keeps(_law("no_statement_allows_a_wildcard_action"), broken)
    bare = ComponentCase(kind=kinds.Letterbox, args=lambda ground: kinds.LetterboxArgs())
    assert not _keeps(_law("everything_that_can_be_encrypted_with_the_key_is"), bare)


def _law(name: str) -> Callable[[ComponentCase], None]:
    return next(law for law in COMPONENT_LAWS if law.__name__ == name)


def _keeps(law: Callable[[ComponentCase], None], case: ComponentCase) -> bool:
    try:
        law(case)
    except Exception:
        return False
    return True


def test_a_target_that_the_kind_does_not_know_refuses_it_by_name(acme: Any) -> None:
    from mlops_iac.core.errors import PipelineError
    from mlops_iac.pipelines.compile import get_target

    check = ProcessingStep(name="check", script="check.py", inputs={}, outputs={"data": Output(zone="curated")})
    letter = acme.letter.LetterStep(name="letter", about=check.output("data"))
    pipeline = Pipeline(name="p", steps=(check, letter))
    with pytest.raises(PipelineError, match="cannot run this kind of step"):
        get_target("sagemaker-pipelines").compile(pipeline, Bindings.placeholder("screening-dev", "eu-central-1"))


def test_each_is_listed_with_its_package(acme: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["plugins", "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)["plugins"]
    assert [(one["kind"], one["name"], one["package"], one["error"]) for one in listed] == [
        ("blueprint", "acme-letters", "acme-mlops 1.0", None),
        ("component", "Letterbox", "acme-mlops 1.0", None),
        ("step kind", "letter", "acme-mlops 1.0", None),
        ("external system", "ledger", "acme-mlops 1.0", None),
        ("policy", "acme-letters-kept", "acme-mlops 1.0", None),
    ]
    assert COMPONENTS.find("Letterbox") is acme.letterbox.Letterbox
    assert STEPS.find("letter") is acme.letter.LetterStep


def test_a_stranger_s_system_is_read_by_its_own_model(acme: Any, tmp_path: Path) -> None:
    from mlops_iac.blueprints.parts.foundation_options import FoundationOptions
    from mlops_iac.config.schema import stack_schema
    from mlops_iac.core.errors import MlopsError
    from mlops_iac.program import load
    from tests.blueprints.test_external import build, project

    ledger = {"kind": "ledger", "address": "https://ledger.acme.com", "book": "churn"}
    made = build(tmp_path, {"books": ledger})
    assert made.exports["services"]["books"]["client"] == {
        "ACME_LEDGER_URL": "https://ledger.acme.com",
        "ACME_LEDGER_BOOK": "churn",
    }
    with pytest.raises(MlopsError) as refused:
        load(project(tmp_path, {"books": {**ledger, "book": ""}}, {}), "screening-dev")
    assert [problem.path for problem in refused.value.problems] == ["options.external.books.book"]
    kinds = stack_schema({"any": FoundationOptions})["$defs"]["any"]["properties"]["external"]
    (pattern,) = kinds["patternProperties"].values()
    (added,) = [one for one in pattern["oneOf"] if one.get("title") == "Ledger"]
    assert added["properties"]["book"]["description"] == "The book that decisions go into."


RECORDS = """
from mlops_iac.core.facts import Facts

FACTS = {
    "aws:memorydb/cluster:Cluster": Facts(service="memorydb", loses="what it remembers"),
    "aws:sqs/queue:Queue": Facts(service="sqs", loses="the letters in it"),
    "aws:s3/bucket:Bucket": Facts(service="s3"),
}
"""


def test_a_stranger_s_record_replaces_none_of_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_install(tmp_path / "site", monkeypatch)(
        "[mlops_iac.facts]\nacme = acme_records:FACTS\n", package="acme-records", code=RECORDS
    )
    assert loses("aws:memorydb/cluster:Cluster") == "what it remembers"
    assert loses("aws:sqs/queue:Queue") == "the messages in it", "ours"
    assert find_facts("aws:s3/bucket:Bucket") is MADE["aws:s3/bucket:Bucket"]
    forget()


def test_what_lies_in_a_project_is_never_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A pull request brings a package's record beside the stack files; the project's folder is on the path."""
    project = tmp_path / "project"
    project.mkdir()
    install = make_install(tmp_path / "site", monkeypatch)
    trap = "from pathlib import Path\nPath(__file__).with_name('ran').touch()\n"
    install("[mlops_iac.blueprints]\ntabular-trap = acme_trap:Trap\n", package="acme-trap", code=trap, at=project)
    monkeypatch.syspath_prepend(project)
    monkeypatch.chdir(project)
    assert "acme-trap" in {d.metadata["Name"] for d in importlib.metadata.distributions()}
    assert "tabular-trap" not in {plugin.name for plugin in plugins.find_plugins("mlops_iac.blueprints")}
    for command in (["blueprint", "list"], ["plugins"], ["schema"]):
        assert run_command(command) == 0
    assert "tabular-trap" not in capsys.readouterr().out
    assert not (project / "ran").exists()
