"""S3's keys hold what is said of them: moto writes some thirty members into each, most of them the same in all.

They are what grows with the objects of a cloud, in memory and in each snapshot. Here a member that is as in every other
key is the class's, and a save leaves each key with those that are its own.
"""

from __future__ import annotations

from typing import Any, Final

from mlops_iac.cloud import pickling

_OWN: Final = frozenset(
    {"name", "account_id", "region_name", "partition", "bucket_name", "last_modified", "body", "contentsize",
     "_metadata", "_etag", "_version_id"}
)  # fmt: skip
"""Members that each key says for itself."""


def patch(key: Any) -> None:
    """Once keys have bodies (`s3_bodies`)."""
    usual = {name: value for name, value in vars(_plain(key)).items() if name not in _OWN}
    for name, value in usual.items():
        setattr(key, name, value)
    private = _grants(usual["acl"])

    def is_usual(name: str, value: Any) -> bool:
        if name in ("lock", "_time_progressed"):  # of reading a buffer, and of restores, which nothing here has
            return True
        if name == "acl":
            return value is not None and _grants(value) == private
        return name in usual and type(value) is type(usual[name]) and value == usual[name]

    def reduce(value: Any) -> tuple[Any, ...]:
        value.__dict__ = {name: each for name, each in vars(value).items() if not is_usual(name, each)}
        return _new_key, (type(value),), vars(value), None, None, _set_members

    pickling.REDUCERS[key] = reduce


def _grants(acl: Any) -> list[Any]:
    return [([(one.id, one.uri) for one in grant.grantees], list(grant.permissions)) for grant in acl.grants]


def _plain(key: Any) -> Any:
    """A key of which nothing was said."""
    return key(name="", value=b"", account_id="", region_name="us-east-1")


def _new_key(kind: Any) -> Any:
    return kind.__new__(kind)


def _set_members(made: Any, members: dict[str, Any]) -> None:
    """As they are; moto's own way of restoring a key wants its body among them."""
    vars(made).update(members)
