"""A stranger's package is held to the laws that ours keep, and a broken one breaks nothing but itself."""

from __future__ import annotations

import importlib
import importlib.metadata
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from mlops_iac.cli.main import run_command
from mlops_iac.components import FAMILY as COMPONENTS
from mlops_iac.core import facts, plugins
from mlops_iac.core.facts import Facts, find_facts, loses
from mlops_iac.core.resource_types import MADE
from mlops_iac.pipelines.parameters import Parameter
from mlops_iac.pipelines.pipeline import Pipeline
from mlops_iac.pipelines.steps import FAMILY as STEPS
from mlops_iac.pipelines.steps import Job, Output, ProcessingStep
from mlops_iac.testing.contracts import (
    BLUEPRINT_LAWS,
    COMPONENT_LAWS,
    STEP_LAWS,
    BlueprintCase,
    ComponentCase,
    StepCase,
)
from tests.support.installed import ACME, forget, make_install


@pytest.fixture(scope="module")
def acme(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """The package, installed, as a module."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        install = make_install(tmp_path_factory.mktemp("site"), monkeypatch)
        install((ACME / "entry_points.txt").read_text(), code=(ACME / "acme_mlops.py").read_text())
        yield importlib.import_module("acme_mlops")
    forget()


@pytest.fixture(scope="module")
def letterbox(acme: Any) -> ComponentCase:
    return ComponentCase(kind=acme.Letterbox, args=lambda ground: acme.LetterboxArgs(key=ground.encryption.ref))


@pytest.fixture(scope="module")
def tell(acme: Any) -> StepCase:
    data = Parameter(name="data", type="prefix", default="raw/", description="Where the data is.")
    check = ProcessingStep(
        name="check",
        script="check.py",
        inputs={"data": data.ref},
        outputs={"data": Output(zone="curated")},
        job=Job(instance_type="ml.m5.large"),
    )
    told = acme.TellStep(name="tell", about=check.output("data"), queue="screening-dev-letters")
    return StepCase(kind=acme.TellStep, pipeline=Pipeline(name="p", parameters=(data,), steps=(check, told)))


@pytest.mark.parametrize("law", COMPONENT_LAWS, ids=lambda law: law.__name__)
def test_a_stranger_s_component_keeps(law: Callable[[ComponentCase], None], letterbox: ComponentCase) -> None:
    law(letterbox)


@pytest.mark.parametrize("law", STEP_LAWS, ids=lambda law: law.__name__)
def test_a_stranger_s_kind_of_step_keeps(law: Callable[[StepCase], None], tell: StepCase) -> None:
    law(tell)


@pytest.mark.parametrize("law", BLUEPRINT_LAWS, ids=lambda law: law.__name__)
def test_a_stranger_s_blueprint_keeps(law: Callable[[BlueprintCase], None], acme: Any) -> None:
    law(BlueprintCase(name="acme-letters", contexts=({"tables": {"letters": {"columns": {"id": "bigint"}}}},)))


def test_the_laws_refuse_what_breaks_them(acme: Any, letterbox: ComponentCase) -> None:
    """Each of these would be a fault on somebody's account."""

    class Open(acme.Letterbox):  # type: ignore[misc]
        def grant_send(self, role: Any) -> None:
            role.grant(self.allow("send", ("sqs:*",), ("*",)))

    acme.OpenArgs, Open.__module__ = acme.LetterboxArgs, acme.__name__
    broken = ComponentCase(kind=Open, args=letterbox.args)
    assert not _keeps(_law("no_statement_allows_a_wildcard_action"), broken)
    bare = ComponentCase(kind=acme.Letterbox, args=lambda ground: acme.LetterboxArgs())
    assert not _keeps(_law("everything_that_can_be_encrypted_with_the_key_is"), bare)


def _law(name: str) -> Callable[[ComponentCase], None]:
    return next(law for law in COMPONENT_LAWS if law.__name__ == name)


def _keeps(law: Callable[[ComponentCase], None], case: ComponentCase) -> bool:
    try:
        law(case)
    except Exception:
        return False
    return True


def test_a_target_that_the_kind_does_not_know_refuses_it_by_name(tell: StepCase) -> None:
    from mlops_iac.core.errors import PipelineError
    from mlops_iac.pipelines.compile import get_target

    with pytest.raises(PipelineError, match="cannot run this kind of step"):
        get_target("sagemaker-pipelines").compile(tell.pipeline, tell.bindings)


def test_each_is_listed_with_its_package(acme: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["plugins", "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)["plugins"]
    assert [(one["kind"], one["name"], one["package"], one["error"]) for one in listed] == [
        ("blueprint", "acme-letters", "acme-mlops 1.2", None),
        ("component", "Letterbox", "acme-mlops 1.2", None),
        ("step kind", "tell", "acme-mlops 1.2", None),
        ("record", "acme", "acme-mlops 1.2", None),
    ]
    assert COMPONENTS.find("Letterbox") is acme.Letterbox
    assert STEPS.find("tell") is acme.TellStep


def test_a_stranger_s_record_replaces_none_of_ours(acme: Any) -> None:
    assert loses("aws:memorydb/cluster:Cluster") == "what it remembers"
    assert loses("aws:sqs/queue:Queue") == "the messages in it", "ours"
    facts.FAMILY.find("acme")["aws:s3/bucket:Bucket"] = Facts(service="s3")
    facts._added.cache_clear()
    assert find_facts("aws:s3/bucket:Bucket") is MADE["aws:s3/bucket:Bucket"]


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
