"""The blueprints, in one visible table. Nothing here loads Pulumi: that happens when a blueprint is built."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from mlops_iac.core.errors import BlueprintError
from mlops_iac.core.plugins import Family
from mlops_iac.core.suggestions import did_you_mean

if TYPE_CHECKING:
    from pydantic import BaseModel

    from mlops_iac.components._kit.site import Site
    from mlops_iac.config.stack_config import StackConfig
    from mlops_iac.core.environment import Environment
    from mlops_iac.pipelines.pipeline import Pipeline

BLUEPRINTS: Mapping[str, str] = {
    "account": "mlops_iac.blueprints.account:Account",
    "feature-store": "mlops_iac.blueprints.feature_store:FeatureStoreBlueprint",
    "forecasting": "mlops_iac.blueprints.forecasting:Forecasting",
    "llm-finetuning": "mlops_iac.blueprints.llm_finetuning:LlmFinetuning",
    "metaflow-platform": "mlops_iac.blueprints.metaflow_platform:MetaflowPlatform",
    "network": "mlops_iac.blueprints.network:SharedNetwork",
    "notebooks": "mlops_iac.blueprints.notebooks:Notebooks",
    "rag": "mlops_iac.blueprints.rag:Rag",
    "realtime-inference": "mlops_iac.blueprints.realtime_inference:RealtimeInference",
    "regulated-private": "mlops_iac.blueprints.regulated_private:RegulatedPrivate",
    "sagemaker-managed": "mlops_iac.blueprints.sagemaker_managed:SagemakerManaged",
    "tabular-batch": "mlops_iac.blueprints.tabular_batch:TabularBatch",
}
"""Ours: name to ``module:Class``, sorted. To add a blueprint, add its folder and one line."""


class Compiled(NamedTuple):
    """A pipeline as its orchestrator would get it."""

    target: str
    document: Mapping[str, Any]
    """With placeholders for what is known only when it is deployed: names and ARNs."""


class About(NamedTuple):
    """What a person wants to know of a blueprint before they choose it, in sentences without a full stop."""

    use_for: str = ""
    not_for: str = ""
    orchestrator: str = ""
    """What runs the pipelines when nothing else is said, as people call it."""
    compute: str = ""
    """Where the work is done, as people call it."""
    example: str = ""
    """The team in ``examples/`` that has such an environment."""
    scripts: str = ""
    """The folder of ``scaffold/templates/team`` that a new team begins with. Left out: the scripts of its example."""
    runs: Sequence[str] = ("training",)
    """The pipelines that lead to a first model, in order."""


class Blueprint(Protocol):
    """What every blueprint offers."""

    name: str
    summary: str
    """One line, for `blueprint list`."""
    Options: type[BaseModel]
    """What a team may write under `options:`; every field has a default and a description."""
    layers: Sequence[str]
    """The layers it builds, in order."""
    about: About
    """What a person wants to know before they choose it. A package's blueprint may leave it out."""

    def pipelines(self, options: Any) -> Sequence[Pipeline]:
        """Its pipelines for these options. Pure."""

    def compile(self, stack: StackConfig, options: Any, pipeline: Pipeline) -> Compiled:
        """A pipeline as it would be deployed, to check it and to show it. Pure; needs no Pulumi. A blueprint without
        pipelines has no need of it. Raises PipelineError."""

    def build(self, site: Site, stack: StackConfig, options: Any, pipelines: Sequence[Pipeline]) -> Environment:
        """Make the environment's resources, inside a Pulumi program.

        ``pipelines``: what is to be deployed; those above, as the team's own files change and add to them.
        """


def about(blueprint: Blueprint) -> About:
    """What is told of a blueprint; nothing of one that says nothing."""
    return getattr(blueprint, "about", About())


PARTS = ("name", "summary", "Options", "layers", "pipelines", "build")
"""What a `Blueprint` has."""


def _accept(name: str, kind: Any) -> Blueprint:
    blueprint: Blueprint = kind()
    missing = [part for part in PARTS if not hasattr(blueprint, part)]
    if missing:
        raise ValueError(f"has no {', '.join(f'`{part}`' for part in missing)}")
    if blueprint.name != name:
        raise ValueError(f"calls itself `{blueprint.name}`")
    return blueprint


FAMILY = Family(
    noun="blueprint",
    group="mlops_iac.blueprints",
    ours=BLUEPRINTS,
    accept=_accept,
    contract="`Blueprint` in mlops_iac.blueprints",
)
"""Ours, and those of installed packages."""


def find_blueprint(name: str) -> Blueprint | None:
    """The blueprint, or None when there is none of this name. Other packages are asked for what is not ours."""
    found: Blueprint | None = FAMILY.find(name)
    return found


def get_blueprint(name: str) -> Blueprint:
    """The blueprint; raises BlueprintError with the nearest name."""
    blueprint = find_blueprint(name)
    if blueprint is None:
        raise BlueprintError(
            "Unknown blueprint.",
            f"There is no blueprint `{name}`; there are: {', '.join(known := FAMILY.sources())}.",
            hint=f"{did_you_mean(name, known)} `mlops-iac blueprint list` shows them all.",
        )
    return blueprint


def get_options_model(name: str) -> type[BaseModel]:
    """What `options:` may hold for a blueprint; raises BlueprintError when there is no such blueprint."""
    return get_blueprint(name).Options
