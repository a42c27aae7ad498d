"""SageMaker: instance types, name collisions, and the deletes of the model registry.

moto refuses instance types newer than about 2021 (AWS's own list is in botocore's enums), accepts a second model or
endpoint configuration of the same name, forgets network isolation and shadow variants, replaces a model package's
metadata where AWS merges it, and cannot delete what the registry holds.
"""

from __future__ import annotations

from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from mlops_iac.cloud import tables
from mlops_iac.cloud.endpoints.flavour import check_serverless
from mlops_iac.cloud.interpreters import sagemaker_pipelines
from mlops_iac.cloud.wire import AwsError, Call

if TYPE_CHECKING:
    from mlops_iac.cloud.gateway import Gateway

_DELETED = "sagemaker.deleted-model-packages"
"""(account, region, group) to how many of its packages were deleted: a version number is never used twice."""


def apply(gateway: Gateway) -> None:
    sagemaker_pipelines.install(gateway)
    for operation, collection, name, what in (
        ("CreateModel", "_models", "ModelName", "model"),
        ("CreateEndpointConfig", "endpoint_configs", "EndpointConfigName", "endpoint configuration"),
        ("CreateModelPackageGroup", "model_package_groups", "ModelPackageGroupName", "Model Package Group"),
        ("CreateExperiment", "experiments", "ExperimentName", "experiment"),
        ("CreateTrial", "trials", "TrialName", "trial"),
        ("CreateTrialComponent", "trial_components", "TrialComponentName", "trial component"),
    ):
        gateway.before("sagemaker", operation, _refuses_second(gateway, collection, name, what))
    gateway.after("sagemaker", "CreateModel", lambda call: _remember_isolation(gateway, call))
    gateway.before("sagemaker", "CreateEndpointConfig", _check_shadows)
    gateway.before("sagemaker", "CreateEndpointConfig", _check_concurrency)
    gateway.after("sagemaker", "CreateEndpointConfig", lambda call: _remember_shadows(gateway, call))
    gateway.instead("sagemaker", "DeleteModelPackage", lambda call: _delete_package(gateway, call))
    gateway.instead("sagemaker", "DeleteModelPackageGroup", lambda call: _delete_group(gateway, call))
    tables.install(
        gateway,
        tables.Table(
            service="sagemaker", name="ModelPackageGroupPolicy", key=("ModelPackageGroupName",),
            put="PutModelPackageGroupPolicy", read="GetModelPackageGroupPolicy", delete="DeleteModelPackageGroupPolicy",
            missing=("ValidationException", 400), check=lambda call: _get_group(_backend(call), call) and None,
        ),
    )  # fmt: skip
    gateway.when_used("sagemaker", _patch_instance_types)
    gateway.when_used("sagemaker", _patch_metadata)
    gateway.when_used("sagemaker", _omit_empty_structures)
    gateway.when_used("sagemaker", lambda: _patch_versions(gateway))


def _backend(call: Call) -> Any:
    from moto.sagemaker.models import sagemaker_backends

    return sagemaker_backends[call.account_id][call.region]


def _refuses_second(gateway: Gateway, collection: str, name: str, what: str) -> Any:
    def check(call: Call) -> None:
        with gateway.locked("sagemaker"):
            existing = getattr(_backend(call), collection).get(call.params.get(name))
        if existing is not None:
            raise AwsError("ValidationException", f'Cannot create already existing {what} "{existing.arn}".')

    return check


def _remember_isolation(gateway: Gateway, call: Call) -> None:
    with gateway.locked("sagemaker"):
        model = _backend(call)._models.get(call.params["ModelName"])
        if model is not None:
            model.enable_network_isolation = bool(call.params.get("EnableNetworkIsolation"))


def _check_shadows(call: Call) -> None:
    """One production variant and one shadow, both of instances:
    https://docs.aws.amazon.com/sagemaker/latest/dg/shadow-tests-exclusions.html"""
    shadows, variants = call.params.get("ShadowProductionVariants") or [], call.params.get("ProductionVariants") or []
    if not shadows:
        return
    if len(shadows) > 1 or len(variants) > 1:
        raise AwsError("ValidationException", "Shadow variants take one production variant and one shadow variant.")
    if call.params.get("AsyncInferenceConfig") or any(each.get("ServerlessConfig") for each in (*shadows, *variants)):
        what = "serverless and asynchronous inference"
        raise AwsError("ValidationException", f"Shadow variants are not supported for {what}.")


def _check_concurrency(call: Call) -> None:
    """No more may be awake than is answered at one time: ProductionVariantServerlessConfig."""
    for variant in call.params.get("ProductionVariants") or []:
        if config := variant.get("ServerlessConfig"):
            check_serverless(variant.get("VariantName", ""), config)


def _remember_shadows(gateway: Gateway, call: Call) -> None:
    with gateway.locked("sagemaker"):
        config = _backend(call).endpoint_configs.get(call.params["EndpointConfigName"])
        if config is not None and call.params.get("ShadowProductionVariants"):
            config.shadow_production_variants = call.params["ShadowProductionVariants"]


# The registry -------------------------------------------------------------------------------------------------------


def _find_package(backend: Any, name: str) -> Any:
    package = backend.model_packages.get(backend.model_package_name_mapping.get(name, name))
    if package is None:
        raise AwsError("ValidationException", f"ModelPackage {name} does not exist")
    return package


def _patch_metadata() -> None:
    """AWS merges the properties that are sent into those that are there, and keeps a description that is not sent."""
    from moto.sagemaker.models import SageMakerModelBackend as Backend

    original = getattr(Backend.update_model_package, "original", Backend.update_model_package)

    def update(self: Any, **named: Any) -> str:
        package = _find_package(self, named["model_package_arn"])
        properties, description = dict(package.customer_metadata_properties or {}), package.approval_description
        status = package.model_approval_status
        named["customer_metadata_properties"] = {**properties, **(named.get("customer_metadata_properties") or {})}
        named["approval_description"] = named.get("approval_description") or description
        named["model_approval_status"] = named.get("model_approval_status") or status
        return str(original(self, **named))

    update.original = original  # type: ignore[attr-defined]
    Backend.update_model_package = update


def _omit_empty_structures() -> None:
    """moto fills in what nobody said with ``{}`` or ``[]``; AWS leaves it out, and typed clients refuse it.

    moto's own CreateEndpoint reads a configuration by the same way and needs all of it.
    """
    from moto.sagemaker.models import BaseObject
    from moto.sagemaker.models import SageMakerModelBackend as Backend

    original = getattr(BaseObject.gen_response_object, "original", BaseObject.gen_response_object)
    create = getattr(Backend.create_endpoint, "original", Backend.create_endpoint)

    def generate(self: Any) -> dict[str, Any]:
        said = original(self)
        return said if _WHOLE.get() else {name: value for name, value in said.items() if value not in ({}, [], None)}

    def create_endpoint(self: Any, *arguments: Any, **named: Any) -> Any:
        token = _WHOLE.set(True)
        try:
            return create(self, *arguments, **named)
        finally:
            _WHOLE.reset(token)

    generate.original = original  # type: ignore[attr-defined]
    create_endpoint.original = create  # type: ignore[attr-defined]
    BaseObject.gen_response_object = generate
    Backend.create_endpoint = create_endpoint


_WHOLE: ContextVar[bool] = ContextVar("whole", default=False)
"""Whether moto itself reads a description."""


def _delete_package(gateway: Gateway, call: Call) -> dict[str, Any]:
    with gateway.locked("sagemaker"):
        backend = _backend(call)
        package = _find_package(backend, call.params["ModelPackageName"])
        del backend.model_packages[package.arn]
        names = backend.model_package_name_mapping
        for name in [name for name, arn in names.items() if arn == package.arn]:
            del names[name]
        group = package.model_package_group_name
        if group:
            counts, key = gateway.store[_DELETED], (call.account_id, call.region, group)
            counts[key] = counts.get(key, 0) + 1
    return {}


def _get_group(backend: Any, call: Call) -> Any:
    name = call.params["ModelPackageGroupName"].rsplit("/", 1)[-1]
    group = backend.model_package_groups.get(name)
    if group is None:
        raise AwsError("ValidationException", f"Model Package Group {name} does not exist.")
    return group


def _delete_group(gateway: Gateway, call: Call) -> dict[str, Any]:
    with gateway.locked("sagemaker"):
        backend = _backend(call)
        name = _get_group(backend, call).model_package_group_name
        if any(package.model_package_group_name == name for package in backend.model_packages.values()):
            raise AwsError("ConflictException", f"Model Package Group {name} still holds model packages.")
        del backend.model_package_groups[name]
        gateway.store[_DELETED].pop((call.account_id, call.region, name), None)
        gateway.store["sagemaker.ModelPackageGroupPolicy"].pop((call.account_id, call.region, name), None)
    return {}


def _patch_versions(gateway: Gateway) -> None:
    """moto numbers a package by how many there are, so that after a delete a number would be used again."""
    from moto.sagemaker.models import SageMakerModelBackend

    original = getattr(
        SageMakerModelBackend.create_model_package, "original", SageMakerModelBackend.create_model_package
    )

    def create(self: Any, *arguments: Any, **named: Any) -> str:
        group = named.get("model_package_group_name")
        deleted = gateway.store[_DELETED].get((self.account_id, self.region_name, group), 0) if group else 0
        placeholders = {("deleted", n): _Deleted(group) for n in range(deleted)}
        self.model_packages.update(placeholders)
        try:
            return str(original(self, *arguments, **named))
        finally:
            for key in placeholders:
                del self.model_packages[key]

    create.original = original  # type: ignore[attr-defined]
    SageMakerModelBackend.create_model_package = create


class _Deleted:
    def __init__(self, group: str | None) -> None:
        self.model_package_group_name = group


# Instance types -----------------------------------------------------------------------------------------------------


def _patch_instance_types() -> None:
    from moto.core.utils import get_service_model
    from moto.sagemaker import models

    service = get_service_model("sagemaker")

    def by_enum(shape: str) -> Any:
        allowed = frozenset(service.shape_for(shape).enum)

        def check(self: Any, instance_type: str) -> None:
            if instance_type not in allowed:
                message = (
                    f"1 validation error detected: Value '{instance_type}' at 'instanceType' failed to satisfy "
                    f"constraint: Member must satisfy enum value set: [{', '.join(sorted(allowed))}]"
                )
                raise models.ValidationError(message=message)

        return check

    models.FakeEndpointConfig.validate_instance_type = by_enum("ProductionVariantInstanceType")
    models.FakeSagemakerNotebookInstance.validate_instance_type = by_enum("InstanceType")
    accept = staticmethod(lambda types: None)  # botocore's enum was the check already, in the person's own client
    models.ModelPackage.validate_supported_transform_instance_types = accept
    models.ModelPackage.validate_supported_realtime_inference_instance_types = accept
