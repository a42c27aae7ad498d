"""Resources that the program reads and does not own: ``Bucket.get(name, id)``."""

from __future__ import annotations

from dataclasses import replace

from mlops_iac.core import urns
from mlops_iac.core.errors import CloudError, PlanError
from mlops_iac.engine.doing.operation import make_step, now_is
from mlops_iac.engine.doing.registrar import Registrar
from mlops_iac.engine.event import Op
from mlops_iac.engine.program import stack_references
from mlops_iac.engine.program.goal import Answer, Goal
from mlops_iac.engine.state.record import Record, record_of


def read(registrar: Registrar, goal: Goal, id: str) -> Answer:
    """Ask the cloud for a resource by its id. A preview asks nobody: it answers what was read last time, if anything.

    ``id`` is empty when it is not known yet.
    """
    operation = registrar.operation
    urn = urns.make(operation.stack, operation.project, goal.type, goal.name, goal.parent)
    if registrar.is_left_out(urn, goal):
        return Answer(urn=urn, failed=True)
    try:
        registrar.enter(urn, goal)
        provider = goal.provider or registrar.providers.default(goal.package, goal.version)
        old = operation.snapshot.find(urn)
        _refuse_owned(old)
        if goal.type == stack_references.TYPE:
            return _refer(
                registrar, goal, id, replace(record_of(goal, urn, inputs={}, provider=provider, old=old), id=id)
            )
        registrar.calls.handler(goal.type)
    except Exception as error:
        return registrar.refuse(urn, goal, error)
    record = replace(record_of(goal, urn, inputs={}, provider=provider, old=old), id=id, external=True)
    step = make_step(Op.READ, old=old, new=record, logical=old is None or old.id != id)
    began = operation.begin(step)
    if operation.dry:
        operation.done(step, began)
        outputs = old.outputs if old and old.id == id else dict(goal.inputs)
        return Answer(urn=urn, id=id, outputs=outputs)
    try:
        found = registrar.calls.read(replace(record, outputs=dict(goal.inputs)))
        if found is None:
            raise CloudError(
                "The resource to read does not exist.",
                f"No {goal.type} has the id `{id}`.",
                hint="correct the id, or make the resource first.",
                resource=urn,
            )
    except Exception as error:
        operation.failed(step, error, began)
        registrar.failed.add(urn)
        return Answer(urn=urn, failed=True)
    registrar.record(found, old)
    operation.done(now_is(step, found), began)
    return Answer(urn=urn, id=found.id, outputs=found.outputs)


def _refer(registrar: Registrar, goal: Goal, id: str, record: Record) -> Answer:
    """Another stack's outputs. They are read from its state, so that a preview has them too."""
    operation = registrar.operation
    old = operation.snapshot.find(record.urn)
    outputs = stack_references.read_outputs(operation, id)
    record = replace(record, external=True, inputs=dict(goal.inputs), outputs=outputs)
    step = make_step(Op.READ, old=old, new=record, logical=old is None or old.id != id)
    began = operation.begin(step)
    registrar.record(record, None)
    operation.done(step, began)
    return Answer(urn=record.urn, id=id, outputs=outputs)


def exists(registrar: Registrar, goal: Goal, id: str) -> bool | None:
    """Whether the cloud has a resource of this id. A preview asks nobody: None. Raises what the cloud raises."""
    operation = registrar.operation
    if operation.dry:
        return None
    provider = goal.provider or registrar.providers.default(goal.package, goal.version)
    urn = urns.make(operation.stack, operation.project, goal.type, goal.name, goal.parent)
    record = record_of(goal, urn, inputs={}, provider=provider)
    return registrar.calls.read(replace(record, id=id, outputs=dict(goal.inputs))) is not None


def _refuse_owned(old: Record | None) -> None:
    if old is not None and not old.external:
        raise PlanError(
            "A resource of this stack is to be read as somebody else's.",
            f"{old.urn} was made by this stack.",
            hint="give what is read another name; to hand a resource over, remove it with `retain_on_delete` first.",
        )
