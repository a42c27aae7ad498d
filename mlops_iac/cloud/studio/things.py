"""What the things of Studio have in common: a record under an ARN, with AWS's states from being made to being gone.

Making, changing and deleting take a moment here, where they take minutes on AWS: who does not wait for ``InService``
is refused as there. Statuses: https://docs.aws.amazon.com/sagemaker/latest/dg/sm-domain.html, read 2026-11-30.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Final

from mlops_iac.cloud.iam.assuming import CannotAssume
from mlops_iac.cloud.jobs.records import now
from mlops_iac.cloud.jobs.validation import check
from mlops_iac.cloud.own_tags import let_tag
from mlops_iac.cloud.paging import paged
from mlops_iac.cloud.wire import AwsError, Call

if TYPE_CHECKING:
    from mlops_iac.cloud.gateway import Gateway

STORE: Final = "sagemaker.studio"
SERVICE: Final = "sagemaker.amazonaws.com"
MOMENT: Final = 0.1
"""Seconds that making, changing or deleting something takes."""
GONE: Final = "Gone"
"""Where a deletion leads to; nobody sees it."""
UNTIL, THEN = "_until", "_then"
READY: Final = "InService"
MOST: Final = 100
"""Of one page."""


class Things:
    """All things of one kind."""

    noun: ClassVar[str]
    """As errors call it: ``UserProfile``."""
    kind: ClassVar[str]
    """The word before the slash in its ARN: ``user-profile``."""
    settles: ClassVar[bool] = True
    """Whether it has a status at all."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    def install(self) -> None:
        for operation, answer in self.operations().items():
            self._gateway.instead("sagemaker", operation, self._gateway.holding("sagemaker", _checked(answer)))
        let_tag(self._gateway, self.kind, lambda arn: self.get(arn))

    def operations(self) -> Mapping[str, Callable[[Call], dict[str, Any]]]:
        raise NotImplementedError

    # Records ------------------------------------------------------------------------------------------------------

    @property
    def _all(self) -> dict[str, dict[str, Any]]:
        return self._gateway.store[STORE]

    def find(self, arn: str) -> dict[str, Any] | None:
        """As it is now: what was to become of it in the meantime has become."""
        record = self._all.get(arn)
        if record and UNTIL in record and time.time() >= record[UNTIL]:
            if record[THEN] == GONE:
                del self._all[arn]
                return None
            record.update(Status=record.pop(THEN))
            del record[UNTIL]
        return record

    def get(self, arn: str) -> dict[str, Any]:
        record = self.find(arn)
        if record is None:
            raise AwsError("ResourceNotFound", f"{self.noun} [{arn}] does not exist.")
        return record

    def below(self, arn: str) -> list[dict[str, Any]]:
        """Those whose ARNs begin so, oldest first."""
        found = (self.find(each) for each in sorted(self._all) if each.startswith(arn))
        return sorted((one for one in found if one), key=lambda one: one["CreationTime"])

    def begin(self, arn: str, call: Call, **fields: Any) -> dict[str, Any]:
        """A new one. What AWS would give back of a request is kept as it came."""
        if self.find(arn) is not None:
            raise AwsError("ResourceInUse", f"{self.noun} [{arn}] already exists.")
        sent = {name: value for name, value in call.params.items() if name not in ("Tags",)}
        record = {**sent, **fields, "CreationTime": now(), "LastModifiedTime": now()}
        self._all[arn] = {**record, "Tags": list(call.params.get("Tags") or ())}
        if self.settles:
            self.turn(self._all[arn], "Pending", READY)
        return self._all[arn]

    def change(self, arn: str, **fields: Any) -> None:
        record = self.get(arn)
        self.demand_ready(record, arn)
        record.update({name: value for name, value in fields.items() if value is not None}, LastModifiedTime=now())
        if self.settles:
            self.turn(record, "Updating", READY)

    def end(self, arn: str) -> None:
        record = self.get(arn)
        if self.settles:
            self.demand_ready(record, arn)
            self.turn(record, "Deleting", GONE)
        else:
            del self._all[arn]

    def turn(self, record: dict[str, Any], status: str, then: str) -> None:
        record.update({"Status": status, UNTIL: time.time() + MOMENT, THEN: then})

    def demand_ready(self, record: Mapping[str, Any], arn: str) -> None:
        if record.get("Status", READY) != READY:
            raise AwsError("ResourceInUse", f"{self.noun} [{arn}] is in status {record['Status']}.")

    # What several need --------------------------------------------------------------------------------------------

    def check_role(self, settings: Mapping[str, Any] | None) -> None:
        role = (settings or {}).get("ExecutionRole")
        try:
            if role:
                self._gateway.roles.check(role, SERVICE)
        except CannotAssume as error:
            raise AwsError("ValidationException", str(error)) from error

    def domain_arn(self, call: Call) -> str:
        """Of the domain that a call names."""
        return call.arn("sagemaker", f"domain/{call.params['DomainId']}")

    def demand_domain(self, call: Call) -> None:
        arn = self.domain_arn(call)
        domain = self.find(arn)
        if domain is None:
            raise AwsError("ResourceNotFound", f"Domain [{arn}] does not exist.")
        if domain["Status"] != READY:
            raise AwsError("ResourceInUse", f"Domain [{arn}] is in status {domain['Status']}.")

    def own_arn(self, call: Call, name: str) -> str:
        """Of a thing in a domain."""
        return call.arn("sagemaker", f"{self.kind}/{call.params['DomainId']}/{name}")

    def page(self, key: str, call: Call, shown: tuple[str, ...]) -> dict[str, Any]:
        """One page of those that a list asks for: of a domain, with a part of a name."""
        domain = call.params.get("DomainIdEquals")
        part = next((call.params[name] for name in call.params if name.endswith("NameContains")), "")
        start = call.arn("sagemaker", f"{self.kind}/{f'{domain}/' if domain else ''}")
        found = [one for one in self.below(start) if part in one.get(f"{self.noun}Name", "")]
        if call.params.get("SortOrder") == "Descending":
            found.reverse()
        return paged(
            key, [{name: one[name] for name in shown if name in one} for one in found], call.params, limit=MOST
        )


def seen(record: Mapping[str, Any]) -> dict[str, Any]:
    """What a describe answers."""
    return {name: value for name, value in record.items() if name != "Tags" and not name.startswith("_")}


def _checked(answer: Callable[[Call], dict[str, Any]]) -> Callable[[Call], dict[str, Any]]:
    def checked(call: Call) -> dict[str, Any]:
        check(call)
        return answer(call)

    return checked
