"""aws:sagemaker/codeRepository:CodeRepository."""

from __future__ import annotations

from typing import Any

from mlops_iac.cloud.handlers._api import Api
from mlops_iac.cloud.handlers._base import Resource
from mlops_iac.cloud.handlers._tags import TagCalls
from mlops_iac.engine.handler import Scope
from mlops_iac.engine.values.value import Props


class CodeRepository(Resource):
    """CreateCodeRepository, DescribeCodeRepository, UpdateCodeRepository, DeleteCodeRepository. In place only
    its secret changes, as on AWS; nothing is cloned here."""

    type = "aws:sagemaker/codeRepository:CodeRepository"
    service = "sagemaker"
    create_op, read_op = "CreateCodeRepository", "DescribeCodeRepository"
    delete_op = "DeleteCodeRepository"
    name_input, name_limit, prefix_input = "codeRepositoryName", 63, ""
    required = frozenset({"gitConfig"})
    id_from = "codeRepositoryName"
    key = {"CodeRepositoryName": "codeRepositoryName"}
    computed = {"arn": "CodeRepositoryArn"}
    tags = TagCalls(put="AddTags", take="DeleteTags", list="ListTags")
    create_calls = 1

    def replaces(self, scope: Scope, old: Props, new: Props, changed: frozenset[str]) -> frozenset[str]:
        """A secret can be changed for another, and not be taken away."""
        (place, secret), (new_place, new_secret) = _parts(old), _parts(new)
        moved = place != new_place or bool(secret and not new_secret)
        return super().replaces(scope, old, new, changed) | (changed & {"gitConfig"} if moved else frozenset())

    def change(self, api: Api, scope: Scope, changed: frozenset[str], old: Props, outputs: dict[str, Any]) -> None:
        if "gitConfig" in changed:
            config = {"SecretArn": _parts(outputs)[1]}
            api("UpdateCodeRepository", CodeRepositoryName=outputs["codeRepositoryName"], GitConfig=config)


def _parts(inputs: Props) -> tuple[dict[str, Any], Any]:
    """Of a repository's settings all but its secret, and the secret."""
    config = dict(inputs.get("gitConfig") or {})
    secret = config.pop("secretArn", None)
    return config, secret
