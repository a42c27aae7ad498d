"""What was changed behind our back: the result of a refresh that recorded nothing, in words of its own."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from mlops_iac.engine.event import Op, Result, Step
from mlops_iac.render.pulumi_json import plain, result_json
from mlops_iac.render.steps import render_steps
from mlops_iac.render.style import Style

STATES = {Op.UPDATE: "changed", Op.DELETE: "gone"}


def drifted(result: Result) -> list[Step]:
    """The steps of resources that are no longer as they were recorded, in the order of the state.

    What `tags` says is not said once more by `tagsAll`.
    """
    return [_without_echo(step) for step in result.steps if step.op in STATES]


def _without_echo(step: Step) -> Step:
    said = {path.replace("tags", "tagsAll", 1) for path in step.diff if path.startswith("tags")}
    return replace(step, diff={path: change for path, change in step.diff.items() if path not in said})


def render_drift(result: Result, *, color: bool) -> str:
    """Layer by layer: what is gone, and what each changed property was and is; then one line that counts."""
    style = Style(color)
    found = drifted(result)
    looked_at = sum(step.custom and step.op in (Op.SAME, *STATES) for step in result.steps)
    if not found:
        return f"  Nothing was changed: {looked_at} resources are as they were recorded."
    # Components too, that were not looked at: they name the layers.
    around = [step for step in result.steps if not step.custom]
    counts = [
        style.paint(f"{count} {word}", color_of)
        for word, color_of in (("changed", "yellow"), ("gone", "red"))
        if (count := sum(STATES[step.op] == word for step in found))
    ]
    rest = f"{looked_at - len(found)} as they were recorded"
    return f"{render_steps([*around, *found], color=color)}\n\n  {', '.join(counts)}, {rest}"


def drift_json(result: Result) -> dict[str, Any]:
    """The object of ``preview --json``, and under ``drift`` what was and is, property by property."""
    return {
        **result_json(result),
        "drift": [
            {
                "urn": step.urn,
                "type": step.type,
                "name": step.name,
                "state": STATES[step.op],
                "properties": {
                    path: {"was": plain(change.old), "is": plain(change.new)} for path, change in step.diff.items()
                },
            }
            for step in drifted(result)
        ],
    }
