"""A change that would delete a bucket with something under Object Lock is refused before anything is done."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest

from mlops_iac.cli import locked
from mlops_iac.cli.leaving import deployed
from mlops_iac.core.errors import CloudError, PlanError, StackNotFound
from mlops_iac.engine.deciding.options import DEFAULTS
from mlops_iac.engine.event import Op, Step
from mlops_iac.runs import locks
from mlops_iac.runs.locks import Locked

TRAIL = Locked(bucket="a-dev-trail", versions=3, until=datetime(2027, 11, 30, tzinfo=UTC), modes=("governance",))
HOLD = Locked(bucket="a-dev-lake", versions=1, until=None, modes=("legal hold",))


def step(op: Op, bucket: str) -> Step:
    return Step(op=op, urn=f"urn:{bucket}", type=locked.BUCKET, name=bucket, old={"id": bucket})


@dataclass
class Deployed:
    """A backend with an environment, whose next change makes these steps."""

    steps: tuple[Step, ...] = ()
    stack: str = "a-dev"
    asked: list[str] = field(default_factory=list)

    def outputs(self) -> dict[str, Any]:
        self.asked.append("outputs")
        return {"stores": {}}

    def clients(self) -> None:
        self.asked.append("clients")

    def preview(self, **_: Any) -> Any:
        self.asked.append("preview")
        return self


def begin_up(backend: Deployed) -> None:
    locked.refuse_to_delete_locked(backend, DEFAULTS, deployed(backend))  # type: ignore[arg-type]


@pytest.fixture
def found(monkeypatch: pytest.MonkeyPatch) -> list[Locked]:
    known: list[Locked] = []
    monkeypatch.setattr("mlops_iac.core.environment.Environment.from_outputs", lambda outputs: outputs)
    monkeypatch.setattr(locks, "find_locked", lambda environment, clients: known)
    return known


@pytest.mark.parametrize("op", [Op.DELETE, Op.REPLACE])
def test_who_would_delete_it_is_told_what_is_locked_and_until_when(found: list[Locked], op: Op) -> None:
    found += [TRAIL, HOLD]
    backend = Deployed((step(op, "a-dev-trail"), step(Op.UPDATE, "a-dev-lake")))
    for refuse in (
        lambda: locked.refuse_locked_of(backend, backend.steps),  # type: ignore[arg-type]
        lambda: begin_up(backend),
    ):
        with pytest.raises(PlanError) as refused:
            refuse()
        assert "3 versions are locked until 2027-11-30T00:00:00Z (governance)" in refused.value.detail
        assert "a-dev-lake" not in refused.value.detail
        assert "after 2027-11-30" in refused.value.hint


def test_what_is_free_goes(found: list[Locked]) -> None:
    found += [HOLD]
    backend = Deployed((step(Op.DELETE, "a-dev-trail"),))
    begin_up(backend)
    found.clear()
    backend.asked.clear()
    begin_up(backend)
    assert "preview" not in backend.asked, "nothing is locked: nobody asks what would be done"


def test_a_preview_that_deletes_no_bucket_asks_no_cloud(found: list[Locked]) -> None:
    backend = Deployed((step(Op.UPDATE, "a-dev-trail"),))
    locked.refuse_locked_of(backend, backend.steps)  # type: ignore[arg-type]
    assert backend.asked == []


def test_who_may_not_look_is_told_so_by_a_preview_and_changes_nothing(
    monkeypatch: pytest.MonkeyPatch, found: list[Locked], capsys: pytest.CaptureFixture[str]
) -> None:
    def denied(environment: Any, clients: Any) -> list[Locked]:
        raise CloudError("Cloud refused a request.", "s3:HeadObject answered 403.")

    monkeypatch.setattr(locks, "find_locked", denied)
    backend = Deployed((step(Op.DELETE, "a-dev-trail"),))
    locked.refuse_locked_of(backend, backend.steps)  # type: ignore[arg-type]
    assert "Nobody looked whether something in a-dev-trail is locked" in capsys.readouterr().err
    with pytest.raises(CloudError):
        begin_up(backend)
    begin_up(Deployed())


def test_a_first_up_has_nothing_to_lose(found: list[Locked]) -> None:
    class Nothing(Deployed):
        def outputs(self) -> dict[str, Any]:
            raise StackNotFound("No such environment.", "`a-dev` is not deployed.")

    found += [TRAIL]
    begin_up(Nothing((step(Op.DELETE, "a-dev-trail"),)))


def test_a_hold_has_no_end() -> None:
    assert locked.free([TRAIL, HOLD]) == "when the holds are lifted"


def test_a_first_up_has_nothing_that_could_be_locked(found: list[Locked], monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing() -> None:
        raise StackNotFound("No such environment.", "`a-dev` is not deployed on this machine.")

    found += [TRAIL]
    backend = Deployed((step(Op.CREATE, "a-dev-trail"),))
    monkeypatch.setattr(backend, "outputs", nothing)
    begin_up(backend)
    assert backend.asked == []
