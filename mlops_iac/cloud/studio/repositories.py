"""Git repositories: CreateCodeRepository, DescribeCodeRepository, UpdateCodeRepository, DeleteCodeRepository,
ListCodeRepositories."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Final

from mlops_iac.cloud.studio.things import Things, seen
from mlops_iac.cloud.wire import AwsError, Call

_SHOWN: Final = ("CodeRepositoryName", "CodeRepositoryArn", "CreationTime", "LastModifiedTime", "GitConfig")


class Repositories(Things):
    noun: ClassVar[str] = "CodeRepository"
    kind: ClassVar[str] = "code-repository"
    settles: ClassVar[bool] = False

    def operations(self) -> Mapping[str, Callable[[Call], dict[str, Any]]]:
        return {
            "CreateCodeRepository": self.create,
            "DescribeCodeRepository": lambda call: seen(self._get(call)),
            "UpdateCodeRepository": self.update,
            "DeleteCodeRepository": self.delete,
            "ListCodeRepositories": lambda call: self.page("CodeRepositorySummaryList", call, _SHOWN),
        }

    def _arn(self, call: Call) -> str:
        return call.arn("sagemaker", f"{self.kind}/{call.params['CodeRepositoryName']}")

    def _get(self, call: Call) -> dict[str, Any]:
        found = self.find(self._arn(call))
        if found is None:
            raise AwsError("ValidationException", f"Cannot find CodeRepository: {call.params['CodeRepositoryName']}")
        return found

    def create(self, call: Call) -> dict[str, Any]:
        arn = self._arn(call)
        if self.find(arn):
            raise AwsError("ValidationException", f"CodeRepository already exists: {arn}")
        self.begin(arn, call, CodeRepositoryArn=arn)
        return {"CodeRepositoryArn": arn}

    def update(self, call: Call) -> dict[str, Any]:
        known = self._get(call)
        self.change(self._arn(call), GitConfig={**known["GitConfig"], **(call.params.get("GitConfig") or {})})
        return {"CodeRepositoryArn": self._arn(call)}

    def delete(self, call: Call) -> dict[str, Any]:
        self._get(call)
        self.end(self._arn(call))
        return {}
