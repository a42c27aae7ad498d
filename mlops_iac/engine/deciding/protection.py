"""What is protected is neither deleted nor replaced: it is found out before the first call, and all of it is named."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from mlops_iac.core.errors import PlanError
from mlops_iac.engine.event import PropertyDiff
from mlops_iac.engine.state.record import Record
from mlops_iac.engine.values.value import has_unknown


class Protected(PlanError):
    """A protected resource stands in the way."""

    blockers: tuple[str, ...] = ()
    """A line for each."""
    is_certain: bool = True
    """False when it may come otherwise: a preview does not know all values."""


def refuse_deletions(records: Iterable[Record]) -> None:
    """Raise Protected when one of these is; all that are, are named."""
    blockers = [record for record in records if record.protect and not record.delete]
    if blockers:
        error = Protected(
            "Protected resources would be deleted.",
            "Nothing was deleted. Protected are:\n" + "\n".join(record.urn for record in blockers),
            hint="to delete them, set `mlops-iac:protect: false` in the stack file and run `up`, then try again.",
        )
        error.blockers = tuple(f"{record.urn} would be deleted" for record in blockers)
        raise error


def refuse_dependents(blockers: Sequence[Record], old: Record) -> None:
    """Raise Protected when replacing ``old`` would delete one of these, which stand on it."""
    if blockers:
        error = Protected(
            "A protected resource would be deleted.",
            f"Replacing {old.urn} deletes what stands on it, and of that is protected:\n"
            + "\n".join(record.urn for record in blockers),
            hint="remove `protect` from these, or take the change back.",
        )
        error.blockers = tuple(f"{record.urn} would be replaced with {old.name}" for record in blockers)
        raise error


def replaced(urn: str, reasons: Iterable[str], changes: Iterable[PropertyDiff]) -> Protected:
    """The error for a protected resource that would be replaced."""
    listed = ", ".join(f"`{reason}`" for reason in reasons)
    why = f"a change of {listed} replaces it" if listed else "it was asked to be replaced"
    error = Protected(
        "A protected resource would be replaced.",
        f"{urn} is protected, and {why}.",
        hint="take the change back, or remove `protect` from the resource.",
    )
    error.blockers = (f"{urn} would be replaced{f' by a change of {listed}' if listed else ''}",)
    error.is_certain = not any(has_unknown(change.new) for change in changes)
    return error


def refuse_all(errors: Iterable[Exception | None]) -> None:
    """Raise one Protected for all the certain ones among these errors."""
    found = [error for error in errors if isinstance(error, Protected) and error.is_certain]
    lines = sorted({line for error in found for line in error.blockers})
    if lines:
        error = Protected(
            "Protected resources stand in the way.",
            "Nothing was changed. These are protected:\n" + "\n".join(lines),
            hint="take the changes back, or remove `protect` from these and run `up`; then make the changes.",
        )
        error.blockers = tuple(lines)
        raise error
