"""The words for what a step does, while it goes and when it is done: the same in every view."""

from __future__ import annotations

from collections.abc import Mapping

from mlops_iac.engine.event import Op

DOING = {
    Op.CREATE: "creating",
    Op.CREATE_REPLACEMENT: "creating",
    Op.UPDATE: "updating",
    Op.REPLACE: "replacing",
    Op.DELETE: "deleting",
    Op.DELETE_REPLACED: "deleting",
    Op.READ: "reading",
    Op.READ_REPLACEMENT: "reading",
    Op.DISCARD: "forgetting",
    Op.DISCARD_REPLACED: "forgetting",
    Op.REFRESH: "refreshing",
    Op.REMOVE_PENDING_REPLACE: "forgetting",
    Op.IMPORT: "importing",
    Op.IMPORT_REPLACEMENT: "importing",
    Op.SAME: "checking",
}

DONE = {
    Op.CREATE: "created",
    Op.CREATE_REPLACEMENT: "created",
    Op.UPDATE: "updated",
    Op.REPLACE: "replaced",
    Op.DELETE: "deleted",
    Op.DELETE_REPLACED: "deleted",
    Op.READ: "read",
    Op.READ_REPLACEMENT: "read",
    Op.DISCARD: "forgotten",
    Op.DISCARD_REPLACED: "forgotten",
    Op.REFRESH: "refreshed",
    Op.REMOVE_PENDING_REPLACE: "forgotten",
    Op.IMPORT: "imported",
    Op.IMPORT_REPLACEMENT: "imported",
    Op.SAME: "unchanged",
}

COUNTED = (Op.CREATE, Op.IMPORT, Op.UPDATE, Op.REPLACE, Op.DELETE, Op.DISCARD, Op.REFRESH, Op.SAME)
"""What is counted for people, in the order in which it is told. The two halves of a replacement count as one."""


def counts_in_words(changes: Mapping[str, int]) -> list[tuple[Op, str]]:
    """``[(Op.CREATE, "12 created"), (Op.SAME, "60 unchanged")]``"""
    return [(op, f"{changes[op]} {DONE[op]}") for op in COUNTED if changes.get(op)]
