"""Random states, damaged at random: after a repair they hold together, and nothing that was made is forgotten."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from mlops_iac.core.errors import StateError
from mlops_iac.engine.state import edits, state_file
from mlops_iac.engine.state.record import Record
from mlops_iac.engine.state.repairs import repair
from mlops_iac.engine.state.snapshot import Snapshot

HEAD = "urn:pulumi:dev::lab::"
ROOT = f"{HEAD}pulumi:pulumi:Stack::lab-dev"
PROVIDER = f"{HEAD}pulumi:providers:fake::default"
LARGEST = 8


def urn(number: int) -> str:
    return f"{HEAD}fake:index:Thing::thing{number}"


@st.composite
def states(draw: st.DrawFn) -> Snapshot:
    """A stack, its provider and some things, each needing earlier ones."""
    records = [
        Record(urn=ROOT, type="pulumi:pulumi:Stack", custom=False),
        Record(urn=PROVIDER, type="pulumi:providers:fake", id="p"),
    ]
    for number in range(draw(st.integers(1, LARGEST))):
        earlier = st.lists(st.sampled_from(range(number)), unique=True, max_size=3) if number else st.just([])
        needed = tuple(urn(other) for other in draw(earlier))
        parent = draw(st.sampled_from([ROOT, *needed]))
        records.append(
            Record(
                urn=urn(number), type="fake:index:Thing", id=f"id{number}", parent=parent, dependencies=needed,
                property_dependencies={"of": list(needed)}, provider=f"{PROVIDER}::p",
                deleted_with=needed[0] if needed and draw(st.booleans()) else None, protect=draw(st.booleans()),
            )
        )  # fmt: skip
    return Snapshot(records=dict(enumerate(records)))


@st.composite
def damaged(draw: st.DrawFn) -> Snapshot:
    """Any of: records gone, needs that point backwards or nowhere, the same URN twice."""
    snapshot = draw(states())
    for key in draw(st.lists(st.sampled_from(sorted(snapshot.records)[1:]), unique=True, max_size=3)):
        snapshot.drop(key)
    for key in draw(st.lists(st.sampled_from(sorted(snapshot.records)), max_size=3)):
        wrong = draw(st.sampled_from([urn(number) for number in range(LARGEST + 1)]))
        record = snapshot.records[key]
        if record.custom and not record.is_provider:
            snapshot.put(key, replace(record, dependencies=(*record.dependencies, wrong)))
    for key in draw(st.lists(st.sampled_from(sorted(snapshot.records)), max_size=2)):
        record = snapshot.records[key]
        id = draw(st.sampled_from([record.id, f"{record.id}-other"])) if record.id else ""
        snapshot.put(snapshot.new_key(), replace(record, id=id, modified=draw(st.sampled_from([None, "2026", "2027"]))))
    return snapshot


def made(snapshot: Snapshot) -> set[tuple[str, str]]:
    return {(record.urn, record.id) for record in snapshot if record.custom and not record.is_provider}


@settings(max_examples=300, deadline=None)
@given(damaged())
def test_after_a_repair_a_state_holds_together_and_knows_all_that_was_made(snapshot: Snapshot) -> None:
    before = made(snapshot)
    repair(snapshot)
    state_file.check(snapshot.ordered(), "the state")
    assert made(snapshot) == before
    assert repair(snapshot) == []


@settings(max_examples=100, deadline=None)
@given(states())
def test_a_state_that_holds_together_is_not_touched(snapshot: Snapshot) -> None:
    before = dict(snapshot.records)
    assert repair(snapshot) == []
    assert snapshot.records == before


@settings(max_examples=200, deadline=None)
@given(states(), st.data())
def test_a_delete_leaves_a_state_that_holds_together_or_changes_nothing(
    snapshot: Snapshot, data: st.DataObject
) -> None:
    names = data.draw(st.lists(st.sampled_from([record.name for record in snapshot]), min_size=1, max_size=3))
    dependents, force = data.draw(st.booleans()), data.draw(st.booleans())
    before = dict(snapshot.records)
    try:
        gone = edits.delete(snapshot, names, dependents=dependents, force=force)
    except StateError:
        assert snapshot.records == before
        return
    state_file.check(list(snapshot), "the state")
    assert {record.name for record in gone} >= set(names)
    assert len(gone) + len(snapshot.records) == len(before)
    assert force or not any(record.protect for record in gone)


@settings(max_examples=100, deadline=None)
@given(states())
def test_a_rename_there_and_back_is_as_if_nothing_had_been(snapshot: Snapshot) -> None:
    before = dict(snapshot.records)
    edits.rename_stack(snapshot, "lab", "dev", "prod")
    assert all(record.urn.startswith("urn:pulumi:prod::") for record in snapshot)
    state_file.check(list(snapshot), "the state")
    edits.rename_stack(snapshot, "lab", "prod", "dev")
    assert snapshot.records == before
