"""Tags of what is ours in SageMaker, by moto's own operations, which look a resource up by its ARN."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mlops_iac.cloud.gateway import Gateway

Find = Callable[[str], dict[str, Any]]
"""The record of an ARN; raises `AwsError` where there is none. Its ``Tags`` are a list, as AWS writes them."""


class Holder:
    """A record as moto's tag operations see a resource."""

    def __init__(self, record: dict[str, Any]) -> None:
        self._record = record

    @property
    def tags(self) -> list[dict[str, str]]:
        found: list[dict[str, str]] = self._record.setdefault("Tags", [])
        return found

    @tags.setter
    def tags(self, tags: list[dict[str, str]]) -> None:
        self._record["Tags"] = tags


def let_tag(gateway: Gateway, kind: str, find: Find) -> None:
    """``kind``: the word before the slash in the ARNs: ``mlflow-app``."""
    gateway.when_used("sagemaker", lambda: _patch(f":{kind}/", find))


def _patch(mark: str, find: Find) -> None:
    from moto.sagemaker.models import SageMakerModelBackend as Backend

    known = getattr(Backend._get_resource_from_arn, "known", None)
    if known is None:
        known, original = {}, Backend._get_resource_from_arn

        def look(backend: Any, arn: str) -> Any:
            mine = next((each for word, each in known.items() if word in arn), None)
            return Holder(mine(arn)) if mine else original(backend, arn)

        look.known = known  # type: ignore[attr-defined]
        Backend._get_resource_from_arn = look
    known[mark] = find
