"""SageMaker: the cards of model packages, which moto drops. Their content is held against AWS's schema."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlops_iac.cloud.model_card_schema import find_faults
from mlops_iac.cloud.wire import AwsError, Call
from mlops_iac.core.strict_json import NotStrictJson, read_json

if TYPE_CHECKING:
    from mlops_iac.cloud.gateway import Gateway

SHOWN = 3
"""How many faults of a card an answer tells."""


def apply(gateway: Gateway) -> None:
    for operation in ("CreateModelPackage", "UpdateModelPackage"):
        gateway.before("sagemaker", operation, _check)
    gateway.when_used("sagemaker", _keep)
    gateway.at_once["sagemaker", "describe_model_package"] = lambda call: _describe(gateway, call)


def _describe(gateway: Gateway, call: Call) -> dict[str, Any] | None:
    """As moto does; it has the words for one that is not there."""
    from moto.sagemaker.models import sagemaker_backends

    with gateway.locked("sagemaker"):
        backend = sagemaker_backends[call.account_id][call.region]
        name = call.params.get("ModelPackageName")
        package = backend.model_packages.get(backend.model_package_name_mapping.get(name, name))
        return {**package.gen_response_object()} if package else None


def _check(call: Call) -> None:
    content = (call.params.get("ModelCard") or {}).get("ModelCardContent")
    if content is None:
        return
    try:
        faults = find_faults(read_json(content))
    except NotStrictJson as error:
        faults = [str(error)]
    if faults:
        told = "; ".join(faults[:SHOWN])
        raise AwsError("ValidationException", f"Model card content does not follow the schema: {told}")


def _keep() -> None:
    """What is sent of a card stays; an update changes the parts that it sends."""
    from moto.sagemaker.models import ModelPackage
    from moto.sagemaker.responses import SageMakerResponse

    def keeping(original: Any) -> Any:
        def answer(self: Any) -> Any:
            answered = original(self)
            card = self._get_param("ModelCard")
            if card:
                package = self.sagemaker_backend.model_packages[answered.result["ModelPackageArn"]]
                package.card = {**getattr(package, "card", {}), **card}
            return answered

        answer.original = original  # type: ignore[attr-defined]
        return answer

    for operation in ("create_model_package", "update_model_package"):
        here = getattr(SageMakerResponse, operation)
        setattr(SageMakerResponse, operation, keeping(getattr(here, "original", here)))
    describe = getattr(ModelPackage.gen_response_object, "original", ModelPackage.gen_response_object)

    def described(self: Any) -> dict[str, Any]:
        card = getattr(self, "card", None)
        return {**describe(self), **({"ModelCard": card} if card else {})}

    described.original = describe  # type: ignore[attr-defined]
    ModelPackage.gen_response_object = described
