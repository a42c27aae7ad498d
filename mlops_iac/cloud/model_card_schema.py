"""What the content of a model package's card may be, as AWS's schema has it.

https://docs.aws.amazon.com/sagemaker/latest/dg/model-registry-details.html#model-card-schema: that of model cards,
without the details of the package, and with two fields of the overview. Lengths are those of the resource type
AWS::SageMaker::ModelCard, read 2026-11-29.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final


@dataclass(frozen=True)
class Text:
    most: int
    least: int = 0
    one_of: tuple[str, ...] = ()

    def faults(self, value: Any, path: str) -> Iterator[str]:
        if not isinstance(value, str):
            yield f"{path}: expected type: String, found: {_kind(value)}"
        elif not self.least <= len(value) <= self.most:
            yield f"{path}: expected {self.least} to {self.most} characters, found: {len(value)}"
        elif self.one_of and value not in self.one_of:
            yield f"{path}: {value} is not a valid enum value"


@dataclass(frozen=True)
class Number:
    def faults(self, value: Any, path: str) -> Iterator[str]:
        if isinstance(value, bool) or not isinstance(value, int | float):
            yield f"{path}: expected type: Number, found: {_kind(value)}"


@dataclass(frozen=True)
class Anything:
    """Values of metrics, whose form follows from their type."""

    def faults(self, value: Any, path: str) -> Iterator[str]:
        if value is None:
            yield f"{path}: expected a value, found: null"


@dataclass(frozen=True)
class Items:
    of: Any
    most: int = 1000

    def faults(self, value: Any, path: str) -> Iterator[str]:
        if not isinstance(value, list):
            yield f"{path}: expected type: JSONArray, found: {_kind(value)}"
            return
        if len(value) > self.most:
            yield f"{path}: expected maximum item count: {self.most}, found: {len(value)}"
        for number, item in enumerate(value):
            yield from self.of.faults(item, f"{path}/{number}")


@dataclass(frozen=True)
class Named:
    """An object with these keys and no others, or (``any_name``) with any."""

    keys: Mapping[str, Any]
    required: tuple[str, ...] = ()
    any_name: Any = None

    def faults(self, value: Any, path: str) -> Iterator[str]:
        if not isinstance(value, Mapping):
            yield f"{path}: expected type: JSONObject, found: {_kind(value)}"
            return
        for name in self.required:
            if name not in value:
                yield f"{path}: required key [{name}] not found"
        for name, item in value.items():
            shape = self.keys.get(name, self.any_name)
            if shape is None:
                yield f"{path}: extraneous key [{name}] is not permitted"
            else:
                yield from shape.faults(item, f"{path}/{name}")


_NAME = Text(255, 1)
_METRIC: Final = Named({"name": _NAME, "value": Number(), "notes": Text(1024)}, ("name", "value"))
_PARAMETER: Final = Named({"name": _NAME, "value": _NAME}, ("name", "value"))
_AXIS: Final = Anything()
_IMAGES: Final = Named({"container_image": Items(Text(1024), 15)})
_KINDS: Final = ("number", "string", "boolean", "linear_graph", "matrix", "bar_chart")
_MEASURED: Final = Named(
    {
        "name": _NAME,
        "notes": Text(1024),
        "type": Text(63, one_of=_KINDS),
        "value": Anything(),
        "x_axis_name": _AXIS,
        "y_axis_name": _AXIS,
    },
    ("name", "type", "value"),
)
_GROUP: Final = Named({"name": Text(63, 1), "metric_data": Items(_MEASURED)}, ("name", "metric_data"))
_FUNCTION: Final = Named(
    {"function": Text(63, one_of=("Maximize", "Minimize")), "facet": Text(63), "condition": Text(63)}
)

CONTENT: Final = Named(
    {
        "model_overview": Named({"model_creator": Text(1024), "model_artifact": Items(Text(1024), 15)}),
        "intended_uses": Named(
            {
                "purpose_of_model": Text(2048),
                "intended_uses": Text(2048),
                "factors_affecting_model_efficiency": Text(2048),
                "risk_rating": Text(63, one_of=("High", "Medium", "Low", "Unknown")),
                "explanations_for_risk_rating": Text(2048),
            }
        ),
        "business_details": Named(
            {"business_problem": Text(2048), "business_stakeholders": Text(2048), "line_of_business": Text(2048)}
        ),
        "training_details": Named(
            {
                "objective_function": Named({"function": _FUNCTION, "notes": Text(1024)}),
                "training_observations": Text(1024),
                "training_job_details": Named(
                    {
                        "training_arn": Text(1024),
                        "training_datasets": Items(Text(1024), 15),
                        "training_environment": _IMAGES,
                        "training_metrics": Items(_METRIC, 50),
                        "user_provided_training_metrics": Items(_METRIC, 50),
                        "hyper_parameters": Items(_PARAMETER, 100),
                        "user_provided_hyper_parameters": Items(_PARAMETER, 100),
                    }
                ),
            }
        ),
        "evaluation_details": Items(
            Named(
                {
                    "name": Text(63, 1),
                    "evaluation_observation": Text(2096),
                    "evaluation_job_arn": Text(256),
                    "datasets": Items(Text(1024), 10),
                    "metadata": Named({}, any_name=Text(1024)),
                    "metric_groups": Items(_GROUP),
                },
                ("name",),
            )
        ),
        "additional_information": Named(
            {
                "ethical_considerations": Text(2048),
                "caveats_and_recommendations": Text(2048),
                "custom_details": Named({}, any_name=Text(1024)),
            }
        ),
    }
)


def find_faults(content: Any) -> list[str]:
    """What AWS would refuse in a card's content, already read from its JSON."""
    return [*CONTENT.faults(content, "#")]


def _kind(value: Any) -> str:
    kinds = {dict: "JSONObject", list: "JSONArray", str: "String", bool: "Boolean", type(None): "Null"}
    return kinds.get(type(value), "Number")
