"""Deletes what is no longer wanted: what stands on others first, side by side where nothing says otherwise."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait

from mlops_iac.engine.deciding.graph import find_cycle
from mlops_iac.engine.deciding.protection import refuse_deletions
from mlops_iac.engine.doing.calls import Calls, is_unsure
from mlops_iac.engine.doing.operation import Operation, make_step
from mlops_iac.engine.event import Op, Step
from mlops_iac.engine.program.workers import Workers
from mlops_iac.engine.state.record import Record


def sweep(operation: Operation, calls: Calls, doomed: Mapping[int, Record], *, parallel: int) -> None:
    """Delete records by key. One that fails keeps what it stands on; the rest goes on.

    Raises PlanError, before anything is deleted, when one of them is protected, or has a hook that is not there: all
    that are, are named.
    """
    refuse_deletions(doomed.values())
    operation.hooks.refuse_missing(doomed.values())
    waiting = _order(operation, doomed)
    if operation.dry:
        for key in waiting:
            _tell(operation, doomed[key])
        return
    _delete_side_by_side(operation, calls, doomed, waiting, parallel)


def standing_alone(operation: Operation, candidates: Mapping[int, Record]) -> dict[int, Record]:
    """Of the candidates, those on which nothing stands that is to stay.

    After a failure, a resource that could not be moved to its new surroundings still needs the old ones.
    """
    left = dict(candidates)
    needed = {urn for key, record in operation.snapshot.records.items() if key not in left for urn in record.needs()}
    while True:
        held = [key for key, record in left.items() if record.urn in needed and not record.delete]
        if not held:
            return left
        for key in held:
            needed |= left.pop(key).needs()


def _delete_side_by_side(
    operation: Operation, calls: Calls, doomed: Mapping[int, Record], order: Sequence[int], parallel: int
) -> None:
    """Start each deletion as soon as everything that stood on the resource is gone."""
    groups, blocks = _without_circles(doomed, order)
    holds: dict[int, list[int]] = {}
    for key, before in blocks.items():
        for other in before:
            holds.setdefault(other, []).append(key)
    ready = deque(key for key in groups if not blocks[key])
    running: dict[Future[bool], int] = {}
    tried: set[int] = set()
    with Workers(parallel) as pool:
        while ready or running:
            while ready and len(running) < parallel and not operation.stopped:
                key = ready.popleft()
                tried.add(key)
                members = {member: doomed[member] for member in groups[key]}
                running[pool.submit(_delete, operation, calls, key, members)] = key
            if not running:
                break
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                key = running.pop(future)
                if future.result():
                    for other in holds.get(key, ()):
                        blocks[other].discard(key)
                        if not blocks[other]:
                            ready.append(other)
    for key in [key for key in groups if key not in tried]:
        for member in groups[key]:
            if doomed[member].custom:
                operation.leave(doomed[member].urn)


def _groups(doomed: Mapping[int, Record], order: Sequence[int]) -> dict[int, list[int]]:
    """Each key whose deletion is a call of its own to the keys that go with it (`deleted_with`), itself first."""
    real = {doomed[key].urn: key for key in order if _is_real(doomed[key])}

    def leader(key: int) -> int:
        seen = {key}
        while (above := doomed[key].deleted_with) in real and real[above] not in seen and _is_real(doomed[key]):
            key = real[above]
            seen.add(key)
        return key

    groups: dict[int, list[int]] = {key: [key] for key in order if leader(key) == key}
    for key in order:
        if key not in groups:
            groups[leader(key)].append(key)
    return groups


def _without_circles(
    doomed: Mapping[int, Record], order: Sequence[int]
) -> tuple[dict[int, list[int]], dict[int, set[int]]]:
    """Groups, and what must be gone before each, such that all of them have their turn.

    A group that has to go before and after the same resource is taken apart: each member is deleted by itself. Records
    of which an earlier operation left two may need each other; then the order of the state counts.
    """
    groups = _groups(doomed, order)
    blocks = _blocks(doomed, order, groups)
    place = {key: number for number, key in enumerate(order)}
    while cycle := find_cycle(blocks):
        torn = [key for key in dict.fromkeys(cycle) if len(groups[key]) > 1]
        for key in torn:
            groups |= {member: [member] for member in groups[key]}
        if torn:
            blocks = _blocks(doomed, order, groups)
            continue
        for key in cycle:
            blocks[key] -= {other for other in blocks[key] if other in cycle and place[other] > place[key]}
    return groups, blocks


def _order(operation: Operation, doomed: Mapping[int, Record]) -> list[int]:
    """Keys, from what nothing stands on down to the ground."""
    place = {id(record): number for number, record in enumerate(operation.snapshot.ordered())}
    return sorted(doomed, key=lambda key: place.get(id(doomed[key]), -1), reverse=True)


def _blocks(doomed: Mapping[int, Record], order: Sequence[int], groups: Mapping[int, list[int]]) -> dict[int, set[int]]:
    """Group to the groups that must be gone before it. Between two records of one URN there is no order."""
    group_of = {member: key for key, members in groups.items() for member in members}
    by_urn: dict[str, set[int]] = {}
    for key in order:
        by_urn.setdefault(doomed[key].urn, set()).add(group_of[key])
    blocks: dict[int, set[int]] = {key: set() for key in groups}
    for key in order:
        for urn in doomed[key].needs():
            for needed in by_urn.get(urn, ()):
                if needed != group_of[key]:
                    blocks[needed].add(group_of[key])
    return blocks


def _delete(operation: Operation, calls: Calls, key: int, members: Mapping[int, Record]) -> bool:
    """Delete one, and what goes with it; False when it could not be."""
    record, journal = members[key], operation.must_journal
    step = _step(record)
    began = operation.begin(step)
    number = None
    try:
        operation.hooks.run("BeforeDelete", old=record)
        if _is_real(record):
            number = journal.begin("deleting", record)
            calls.delete(record)
    except Exception as error:
        if number is not None and not is_unsure(error):
            journal.end(number)
        operation.failed(step, error, began)
        return False
    journal.end(number, drop=tuple(members))
    try:
        operation.hooks.run("AfterDelete", old=record)
    except Exception as error:
        operation.failed(step, error, began)
    else:
        operation.done(step, began)
    for member in list(members)[1:]:
        _tell(operation, members[member])
    return True


def _tell(operation: Operation, record: Record) -> None:
    """Tell of a deletion that no call stands behind."""
    operation.told(_step(record))


def _step(record: Record) -> Step:
    """What was only read is forgotten, which Pulumi calls a discard."""
    whole, half = (Op.DISCARD, Op.DISCARD_REPLACED) if record.external else (Op.DELETE, Op.DELETE_REPLACED)
    return make_step(half if record.delete else whole, old=record, logical=not record.delete)


def _is_real(record: Record) -> bool:
    """Whether a deletion in the cloud stands behind the record's."""
    left_alone = record.external or record.retain_on_delete or record.pending_replacement
    return record.custom and not record.is_provider and not left_alone
