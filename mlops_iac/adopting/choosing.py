"""Of what was found, what is adopted: one thing a layer, or a refusal that names them all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mlops_iac.adopting.finding import Candidate
from mlops_iac.adopting.looking import LAYERS
from mlops_iac.core.errors import RunError, UsageError


def choose(found: Sequence[Candidate], taken: Mapping[str, str]) -> dict[str, Candidate]:
    """Layer to the thing that is adopted for it. ``taken``: layer to a name, or to nothing, as the person decided.

    Raises UsageError for a decision about what was not found, and RunError where there are several for a layer.
    """
    check_taken(found, taken)
    chosen: dict[str, Candidate] = {}
    several: list[str] = []
    for layer in LAYERS:
        usable = [one for one in found if one.layer == layer and not one.why_not]
        if layer in taken:
            usable = [one for one in usable if taken[layer] and taken[layer] in (one.name, one.called)]
        if len(usable) > 1:
            several.append(f"{layer}: {', '.join(map(told, usable))}")
        elif usable:
            chosen[layer] = usable[0]
    if several:
        lines = "\n".join(several)
        raise RunError(
            "There is more than one for a layer.",
            f"{lines}\nNothing was written.",
            hint="choose with --take LAYER=NAME, or --take LAYER= for none; or ask for less with --tag and --name.",
        )
    return chosen


def check_taken(found: Sequence[Candidate], taken: Mapping[str, str]) -> None:
    for layer, name in taken.items():
        if layer not in LAYERS:
            detail = f"`{layer}` is none that can be: {', '.join(LAYERS)}."
            raise UsageError("This layer cannot be adopted.", detail, hint="name one of these.")
        there = [one for one in found if one.layer == layer]
        match = next((one for one in there if name in (one.name, one.called)), None)
        if name and match is None:
            known = ", ".join(map(told, there)) or "none"
            raise UsageError(
                "This was not found.", f"--take {layer}={name}: there is {known}.", hint="name one of these."
            )
        if match is not None and match.why_not:
            raise UsageError("This cannot be adopted.", f"{told(match)}: {match.why_not}.", hint="choose another.")


def told(one: Candidate) -> str:
    return f"{one.name} ({one.called})" if one.called else one.name
