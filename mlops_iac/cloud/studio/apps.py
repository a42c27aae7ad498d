"""Apps, and addresses that lead to one: machines that this cloud does not have. Each is refused with where to go."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from mlops_iac.cloud.studio.things import Things
from mlops_iac.cloud.wire import AwsError, Call


class Apps(Things):
    noun: ClassVar[str] = "App"
    kind: ClassVar[str] = "app"

    def operations(self) -> Mapping[str, Callable[[Call], dict[str, Any]]]:
        return {
            "CreateApp": self.refuse,
            "CreatePresignedDomainUrl": self.refuse,
            "DescribeApp": self.missing,
            "DeleteApp": self.missing,
            "ListApps": lambda call: {"Apps": []},
        }

    def refuse(self, call: Call) -> dict[str, Any]:
        self.demand_domain(call)
        words = "The embedded cloud runs no apps of Studio; `mlops-iac notebook STACK` starts JupyterLab here."
        raise AwsError("NotImplemented", words, 501)

    def missing(self, call: Call) -> dict[str, Any]:
        self.demand_domain(call)
        raise AwsError("ResourceNotFound", f"App [{call.params['AppName']}] does not exist.")
