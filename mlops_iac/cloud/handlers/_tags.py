"""How a service takes, changes and answers tags. Every service spells it differently; the shapes say how."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from mlops_iac.cloud.handlers._api import Api
from mlops_iac.cloud.handlers._shapes import Converter, input_shape, normal


@dataclass(frozen=True, kw_only=True)
class TagCalls:
    """The calls that change tags. ``key`` is the API member that names the resource and the output it is filled
    from."""

    key: tuple[str, str] = ("ResourceArn", "arn")
    put: str = "TagResource"
    take: str = "UntagResource"
    list: str = ""
    """The call that answers the tags; empty when the resource's own read answers them."""
    answer: str = "Tags"
    """Where the tags are in that answer."""
    fixed: Mapping[str, Any] = field(default_factory=dict)

    def sync(
        self, api: Api, service: str, outputs: Mapping[str, Any], old: Mapping[str, str], new: Mapping[str, str]
    ) -> None:
        """Two calls at most: remove what is gone, put what is new or different."""
        who = {self.key[0]: outputs[self.key[1]], **self.fixed}
        removed = sorted(set(old) - set(new))
        changed = {k: v for k, v in new.items() if old.get(k) != v}
        if removed:
            api(self.take, **who, **{_other_member(service, self.take, set(who)): removed})
        if changed:
            api(self.put, **who, **encode(service, self.put, set(who), changed))

    def read(self, api: Api, outputs: Mapping[str, Any], item: Mapping[str, Any]) -> dict[str, str]:
        """The tags as the cloud has them, without AWS's own (``aws:…``)."""
        if self.list:
            item = api.maybe(self.list, **{self.key[0]: outputs[self.key[1]], **self.fixed}) or {}
        return decode(item.get(self.answer) or {})


def encode(service: str, operation: str, without: set[str], tags: Mapping[str, str]) -> dict[str, Any]:
    member = _other_member(service, operation, without)
    shape = input_shape(service, operation).members[member]
    return {member: Converter(service).convert(shape, dict(tags), member)}


def decode(tags: Any) -> dict[str, str]:
    """From a map or a list of pairs, whatever the pairs' keys are called."""
    if isinstance(tags, Mapping):
        pairs = list(tags.items())
    else:
        pairs = [(_pick(tag, "key"), _pick(tag, "value")) for tag in tags]
    return {k: v or "" for k, v in pairs if not k.startswith("aws:")}


def _pick(tag: Mapping[str, str], word: str) -> str:
    return next((v for k, v in tag.items() if normal(k).endswith(word)), "")


def _other_member(service: str, operation: str, without: set[str]) -> str:
    """The member of a tag call that is not the resource: ``Tags``, ``TagKeys``, ``TagsToAdd``, …"""
    shape = input_shape(service, operation)
    return next(m for m in shape.required_members if m not in without)
