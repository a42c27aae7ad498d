"""Make an endpoint serve an earlier version again, as the deploy step would: the old one serves until the new one does.

The model and the endpoint's configuration are made anew, with the settings that the endpoint has now. When the version
does not start, SageMaker rolls the update back, and what was made for it is deleted.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from mlops_iac.clients import Clients
from mlops_iac.core.environment import Endpoint, Environment
from mlops_iac.core.errors import MlopsError, RunError, UsageError
from mlops_iac.core.suggestions import did_you_mean
from mlops_iac.runs.calls import calling, missing_is_nothing
from mlops_iac.runs.models import APPROVED, Model, get_model, list_models, the_registry, version_of
from mlops_iac.runs.names import made_name
from mlops_iac.runs.serving import TRIED, Role, Served, find_served, packages_of, read_config, read_model
from mlops_iac.runs.verify import check_signed

EVERY_EMBEDDED, EVERY_AWS = 0.2, 5.0
"""Seconds between two looks at the endpoint."""

LONGEST: Final = 1800.0
"""Seconds that the endpoint gets, as a deploy step gives it."""

NAME_LIMIT: Final = 63
"""Characters of a model's and of a configuration's name."""

TOLD: Final = ("EndpointConfigName", "EndpointConfigArn", "CreationTime", "ResponseMetadata")
"""What DescribeEndpointConfig answers and CreateEndpointConfig does not take."""


@dataclass(frozen=True, kw_only=True)
class Rollback:
    """What will be done."""

    served: Served
    serving: int | None
    """The version that serves now; None when it is none of the registry's."""
    beside: tuple[int, ...] = ()
    """Versions that are tried beside it: in the shadow, or with a share of the requests."""
    to: Model
    registry: str = "main"
    """Whose version it is."""

    def to_json(self) -> dict[str, Any]:
        told = {"endpoint": self.served.endpoint, "was": self.serving, "beside": list(self.beside)}
        return {**told, "version": self.to.version, "run": self.to.run}


def plan(
    environment: Environment,
    clients: Clients,
    *,
    to: str | None = None,
    endpoint: str | None = None,
    registry: str | None = None,
) -> Rollback:
    """Choose the version: the one given; where one is being tried beside it (a shadow, an A/B test), the one that was
    there before; else the newest approved one before that which serves.

    Raises RunError when nothing is served yet, when the endpoint is being changed, when there is no earlier version,
    and for a version that is not approved or serves already; UsageError for names that are not there.
    """
    served = _find_served(environment, clients, _the_endpoint(environment, endpoint))
    name = the_registry(environment, registry)
    packages = packages_of(clients, served)
    now = [version_of(arn) for arn, role in packages.items() if role == "serves"]
    serving = now[0] if now else None
    beside = any(variant.name in TRIED for variant in served.variants)
    if len(now) > 1 and not beside:
        raise RunError(
            "The endpoint serves several models.",
            f"{served.endpoint} splits its traffic between the versions {', '.join(map(str, now))}.",
            hint="let its deployment end, or change its weights, first.",
        )
    if to is None and beside and serving is not None:
        chosen = get_model(environment, clients, str(serving), registry=name)
    else:
        found = get_model(environment, clients, to, registry=name) if to else None
        chosen = found or _earlier(environment, clients, name, serving)
    _check(environment, chosen, served, alone=not beside)
    return Rollback(served=served, serving=serving, beside=_tried(now, packages), to=chosen, registry=name)


def roll_back(
    environment: Environment, clients: Clients, rollback: Rollback, *, sleep: Callable[[float], None] = time.sleep
) -> None:
    """Do it, and wait until the version serves. Raises RunError when it does not, and when its signature does not hold;
    the one before serves then."""
    check_signed(environment, clients, rollback.to.arn, rollback.registry)
    name = made_name(environment.stack, str(rollback.to.run), f"rollback-{secrets.token_hex(2)}", NAME_LIMIT)
    endpoint = rollback.served.endpoint
    try:
        _make(clients, rollback, name)
        with calling("sagemaker:UpdateEndpoint", endpoint):
            clients("sagemaker").update_endpoint(EndpointName=endpoint, EndpointConfigName=name)
    except MlopsError:
        _unmake(clients, name)
        raise
    fault = _wait(clients, endpoint, name, sleep)
    if fault:
        _unmake(clients, name)
        raise RunError(
            "Rollback failed.",
            f"Version {rollback.to.version} did not start: {fault}\n{endpoint} keeps serving {_words(rollback)}.",
            hint=f"`mlops-iac models show {environment.stack} {rollback.to.version}` shows where it comes from.",
        )


def _the_endpoint(environment: Environment, endpoint: str | None) -> Endpoint:
    endpoints = environment.endpoints
    if endpoint is None and len(endpoints) == 1:
        return next(iter(endpoints.values()))
    if endpoint is None or endpoint not in endpoints:
        detail = f"{environment.stack} has these endpoints: {', '.join(endpoints) or 'none'}."
        hint = did_you_mean(endpoint, endpoints) if endpoint else "name one with --endpoint."
        raise UsageError("Which endpoint?", detail, hint=hint)
    return endpoints[endpoint]


def _find_served(environment: Environment, clients: Clients, endpoint: Endpoint) -> Served:
    found = find_served(environment, clients, endpoint)
    if found is None:
        raise RunError(
            "Nothing is served yet.",
            f"Endpoint {endpoint.name} has no model that it could go back from.",
            hint=f"mlops-iac run {environment.stack} --follow",
        )
    if found.status != "InService":
        raise RunError(
            "The endpoint is being changed.",
            f"{endpoint.name} is {found.status}; SageMaker takes one change at a time.",
            hint="wait until that is over: a run that deploys shows it with `mlops-iac runs watch STACK last`.",
        )
    return found


def _earlier(environment: Environment, clients: Clients, registry: str, serving: int | None) -> Model:
    for model in list_models(environment, clients, registry=registry):
        if model.approval == APPROVED and (serving is None or model.version < serving):
            return model
    raise RunError(
        "There is no earlier version.",
        f"Registry `{registry}` of {environment.stack} has no approved version before {serving or 'the first'}.",
        hint=f"`mlops-iac models {environment.stack}` lists them; --to names any.",
    )


def _tried(now: list[int], packages: Mapping[str, Role]) -> tuple[int, ...]:
    shadows = [version_of(arn) for arn, role in packages.items() if role == "shadow"]
    return (*now[1:], *shadows)


def _check(environment: Environment, model: Model, served: Served, *, alone: bool) -> None:
    """``alone``: nothing is behind the endpoint but the model that serves."""
    stack = environment.stack
    if model.approval != APPROVED:
        raise RunError(
            "Version is not approved.",
            f"Version {model.version} of {stack} is {model.approval}; only an approved one is deployed.",
            hint=f"choose another one (`mlops-iac models {stack}`), or approve it in the registry first.",
        )
    if alone and served.endpoint in model.serves:
        raise RunError(
            "Version serves already.",
            f"{served.endpoint} serves version {model.version}.",
            hint=f"`mlops-iac models {stack}` lists the others.",
        )
    if model.run is None:
        raise RunError(
            "Version was made by no run.",
            f"Version {model.version} says no run of {stack} that registered it, so `destroy` would not find it.",
            hint="choose a version that a run registered.",
        )


def _make(clients: Clients, rollback: Rollback, name: str) -> None:
    """A model of the version, and a configuration, each as the one that serves now."""
    config = read_config(clients, rollback.served.config)
    variants = config.get("ProductionVariants", [])
    if not variants:
        raise RunError(
            "The endpoint's configuration is gone.",
            f"{rollback.served.endpoint} serves by {rollback.served.config}, which was deleted: its settings are lost.",
            hint="run the pipeline: its deploy step makes a configuration.",
        )
    model, tags = read_model(clients, variants[0]["ModelName"]), _tags(clients, config["EndpointConfigArn"])
    kept = {key: model[key] for key in ("ExecutionRoleArn", "VpcConfig", "EnableNetworkIsolation") if model.get(key)}
    container = {"ModelPackageName": rollback.to.arn}
    with calling("sagemaker:CreateModel", name):
        clients("sagemaker").create_model(ModelName=name, PrimaryContainer=container, Tags=tags, **kept)
    settings = {key: value for key, value in config.items() if key not in TOLD and value}
    settings.pop("ShadowProductionVariants", None)
    settings["ProductionVariants"] = [{**variants[0], "ModelName": name, **_whole(variants[0])}]
    if capture := settings.get("DataCaptureConfig"):
        # By the end of its place it is known which run's model was asked.
        place, _, _ = capture["DestinationS3Uri"].rpartition("/")
        settings["DataCaptureConfig"] = {**capture, "DestinationS3Uri": f"{place}/{rollback.to.run}"}
    with calling("sagemaker:CreateEndpointConfig", name):
        clients("sagemaker").create_endpoint_config(EndpointConfigName=name, Tags=tags, **settings)


def _whole(variant: Mapping[str, Any]) -> dict[str, float]:
    """Its share of the requests when it is the only one; serverless variants have none."""
    return {"InitialVariantWeight": 1.0} if "InitialVariantWeight" in variant else {}


def _tags(clients: Clients, arn: str) -> list[Mapping[str, str]]:
    with calling("sagemaker:ListTags", arn):
        found: list[Mapping[str, str]] = clients("sagemaker").list_tags(ResourceArn=arn)["Tags"]
    return [tag for tag in found if not tag["Key"].startswith("aws:")]


def _wait(clients: Clients, endpoint: str, config: str, sleep: Callable[[float], None]) -> str:
    """Until the endpoint serves by this configuration; answers why it does not, empty when it does."""
    every = EVERY_EMBEDDED if clients.embedded else EVERY_AWS
    for _ in range(round(LONGEST / every)):
        with calling("sagemaker:DescribeEndpoint", endpoint):
            found = clients("sagemaker").describe_endpoint(EndpointName=endpoint)
        status = found["EndpointStatus"]
        if status == "InService" and found["EndpointConfigName"] == config:
            return ""
        if status not in ("Updating", "SystemUpdating", "RollingBack"):
            return str(found.get("FailureReason") or f"the endpoint is {status}, and SageMaker gives no reason.")
        sleep(every)
    raise RunError(
        "Rollback takes too long.",
        f"{endpoint} is still being changed after {LONGEST:g} seconds, and serves what it did until that is over.",
        hint="`mlops-iac models STACK` shows what serves.",
    )


def _words(rollback: Rollback) -> str:
    return f"version {rollback.serving}" if rollback.serving else "what it served"


def _unmake(clients: Clients, name: str) -> None:
    with missing_is_nothing("ValidationException"), calling("sagemaker:DeleteEndpointConfig", name):
        clients("sagemaker").delete_endpoint_config(EndpointConfigName=name)
    with missing_is_nothing("ValidationException"), calling("sagemaker:DeleteModel", name):
        clients("sagemaker").delete_model(ModelName=name)
