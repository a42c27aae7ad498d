"""What a bill was made of, kept without the use that is assumed: priced again in a moment, by other use, another day or
other prices, as long as the program would make the same.

Of each resource those inputs are kept that its rate reads, of the outputs those that are priced; nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from mlops_iac.config.usage import Usage
from mlops_iac.cost.change import Side, Sides
from mlops_iac.cost.estimate import Resource
from mlops_iac.cost.rates import RATES, Place

PRICED: Final = ("contract", "region", "pipelines", "endpoints")
"""Outputs that an estimate reads."""


def record_of(sides: Sides) -> dict[str, Any]:
    """Plain JSON."""
    before = _side_record(sides.before, sides.region) if sides.before else None
    return {"before": before, "after": _side_record(sides.after, sides.region), "region": sides.region}


def sides_of_record(body: Mapping[str, Any]) -> Sides:
    """Raises KeyError and TypeError for what is no record."""
    before = _side(body["before"]) if body["before"] is not None else None
    return Sides(before=before, after=_side(body["after"]), region=str(body["region"]))


def _side_record(side: Side, region: str) -> dict[str, Any]:
    place = Place(region=region, usage=Usage())
    resources = [[one.layer, one.type, _read_of(one, place)] for one in side.resources]
    return {
        "resources": resources,
        "outputs": {key: _plain(side.outputs[key]) for key in PRICED if key in side.outputs},
    }


def _plain(value: Any) -> Any:
    """Without what only an `up` can know, and without secrets: neither is priced."""
    if isinstance(value, Mapping):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return value if isinstance(value, str | int | float) else None


def _side(body: Mapping[str, Any]) -> Side:
    resources = tuple(Resource(layer=layer, type=type, inputs=inputs) for layer, type, inputs in body["resources"])
    return Side(resources=resources, outputs=dict(body["outputs"]))


def _read_of(resource: Resource, place: Place) -> dict[str, Any]:
    """Those of its inputs that its rate looks at."""
    rate = RATES.get(resource.type)
    inputs = _Listening(resource.inputs)
    for _ in rate(inputs, place) if rate else ():
        pass
    return {key: _plain(inputs.of[key]) for key in sorted(inputs.read) if key in inputs.of}


class _Listening(Mapping[str, Any]):
    """Inputs that know which of them were read."""

    def __init__(self, of: Mapping[str, Any]) -> None:
        self.of, self.read = of, set[str]()

    def __getitem__(self, key: str) -> Any:
        self.read.add(key)
        return self.of[key]

    def __iter__(self) -> Iterator[str]:
        self.read.update(self.of)
        return iter(self.of)

    def __len__(self) -> int:
        return len(self.of)
