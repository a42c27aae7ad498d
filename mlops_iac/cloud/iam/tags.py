"""Tags of the resource that a request is about, for conditions on ``aws:ResourceTag/…``.

Read only when a policy asks for them. Callers hold the gateway's lock.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

Tags = Mapping[str, str]


def resource_tags(arn: str) -> Callable[[], Tags] | None:
    """What reads the tags of a resource; None for services whose tags are not read here."""
    parts = arn.split(":", 5)
    reader = _READERS.get(parts[2]) if len(parts) == 6 and parts[4] else None
    return (lambda: reader(arn, parts[4], parts[3])) if reader else None


def _batch(arn: str, account: str, region: str) -> Tags:
    from moto.batch.models import batch_backends

    return _pairs(batch_backends[account][region].tagger.list_tags_for_resource(arn)["Tags"])


def _sagemaker(arn: str, account: str, region: str) -> Tags:
    from moto.sagemaker.models import sagemaker_backends

    try:
        listed, _ = sagemaker_backends[account][region].list_tags(arn)
    except (AttributeError, ValueError):  # nothing has this ARN, or moto keeps no tags of its kind
        return {}
    return _pairs(listed)


def _kms(arn: str, account: str, region: str) -> Tags:
    from moto.kms.models import kms_backends

    backend = kms_backends[account][region]
    listed = backend.tagger.list_tags_for_resource(arn.split(":key/", 1)[-1])["Tags"]
    return {each["TagKey"]: each["TagValue"] for each in listed if "TagKey" in each} or _pairs(listed)


def _pairs(listed: list[dict[str, Any]]) -> Tags:
    return {each["Key"]: each["Value"] for each in listed if "Key" in each}


_READERS: Final[dict[str, Callable[[str, str, str], Tags]]] = {"batch": _batch, "kms": _kms, "sagemaker": _sagemaker}
