"""The stack's state on this machine: whole, of a contract that this version reads, with nothing cut off in it."""

from __future__ import annotations

from collections.abc import Iterator

from mlops_iac.core.environment import check_contract, is_complete
from mlops_iac.core.errors import MlopsError, StackNotFound
from mlops_iac.doctor.finding import Finding, failed, passed, warned
from mlops_iac.doctor.subject import Subject


def check(subject: Subject) -> Iterator[Finding]:
    from mlops_iac.backends.embedded import EmbeddedBackend

    assert subject.root is not None
    store, stack = EmbeddedBackend(subject.root, subject.stack).store, subject.stack
    try:
        snapshot = store.get(stack)
        outputs = store.outputs(stack)
        if is_complete(outputs):
            check_contract(outputs)
    except StackNotFound:
        yield passed(f"{stack} is not deployed on this machine")
        return
    except MlopsError as error:
        yield failed(f"{error.summary} {error.detail}", error.hint or f"`mlops-iac state repair {stack}`.")
        return
    if snapshot.pending:
        cut = ", ".join(sorted(each.record.name for each in snapshot.pending.values())[:3])
        yield warned(f"an operation was cut off while it made {cut}", f"`mlops-iac up {stack}` looks each of them up.")
        return
    count = sum(record.custom and not record.is_provider for record in snapshot)
    yield passed(f"{stack} is deployed here with {count} resources")
