"""The environment's own log of who did what: one object of its lake for each event (`core/audit.py` says why there)."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from mlops_iac.clients import Clients
from mlops_iac.core.audit import FOLDER, LONGEST_MESSAGE, AuditEvent
from mlops_iac.core.environment import LAKE, Environment
from mlops_iac.core.errors import UsageError
from mlops_iac.core.strict_json import NotStrictJson, read_json
from mlops_iac.runs.calls import calling, missing_is_nothing
from mlops_iac.runs.lake import lock_of, upload
from mlops_iac.runs.person import who_asks
from mlops_iac.runs.secrets import find_in_content

MOST_BYTES: Final = 64 * 1024
"""Of one event that is read."""

WORDS: Final = {"update": "up", "resource-import": "import"}
"""What Pulumi's history calls what commands call otherwise."""


def check_message(message: str) -> str:
    """Answer the message. Raises UsageError for one that is too long, and for one that holds what looks like a key."""
    if len(message) > LONGEST_MESSAGE:
        detail = f"It has {len(message)} characters; {LONGEST_MESSAGE} are kept."
        raise UsageError("The message is too long.", detail, hint="say it shorter.")
    for found in find_in_content("message", message.encode(errors="replace")):
        raise UsageError(
            "The message holds what looks like a secret.",
            f"It seems to hold {found.what}, and whoever may read the history would read it.",
            hint="say it without.",
        )
    return message


def write_event(
    environment: Environment,
    clients: Clients,
    action: str,
    *,
    subject: str = "",
    message: str = "",
    result: str = "",
    about: Mapping[str, str] | None = None,
) -> AuditEvent | None:
    """Add to the log; None for an environment that has no lake. Raises CloudError when it is refused."""
    if LAKE not in environment.stores:
        return None
    now = datetime.now(UTC)
    stamp = f"{now:%Y%m%dT%H%M%SZ}-{action}-{secrets.token_hex(4)}"
    event = AuditEvent(
        id=stamp,
        at=f"{now:%Y-%m-%dT%H:%M:%SZ}",
        action=action,
        by=who_asks(clients),
        subject=subject,
        result=result,
        message=message,
        about=dict(about or {}),
    )
    body = json.dumps(event.to_json(), indent=1).encode()
    upload(environment, clients, f"{FOLDER}{stamp}.json", body, IfNoneMatch="*", **lock_of(environment, clients))
    return event


def read_events(environment: Environment, clients: Clients, limit: int) -> list[AuditEvent]:
    """The newest of the log, the newest first. What cannot be read as an event says so in its place."""
    if LAKE not in environment.stores:
        return []
    keys: list[str] = []
    with missing_is_nothing(), calling("s3:ListObjectsV2", FOLDER):
        paginator = clients("s3").get_paginator("list_objects_v2")
        for page in paginator.paginate(Bucket=environment.lake.bucket, Prefix=FOLDER):
            keys += [item["Key"] for item in page.get("Contents", ())]
    keys.sort(reverse=True)
    return [read_event(environment, clients, key) for key in keys[:limit]]


def read_event(environment: Environment, clients: Clients, key: str) -> AuditEvent:
    with calling("s3:GetObject", key):
        answer = clients("s3").get_object(Bucket=environment.lake.bucket, Key=key)
        content = answer["Body"].read(MOST_BYTES)
    try:
        return AuditEvent.from_json(read_json(content))
    except (NotStrictJson, KeyError, TypeError, AttributeError):
        written = f"{answer['LastModified']:%Y-%m-%dT%H:%M:%SZ}"
        return AuditEvent(id=key, at=written, action="unknown", by="", message="this entry of the log cannot be read")


def state_events(histories: Iterable[Mapping[str, Any]]) -> Iterator[AuditEvent]:
    """What a stack's own history tells, in Pulumi's form."""
    for entry in histories:
        start, told = entry.get("startTime"), entry.get("environment")
        known = {str(key): str(value) for key, value in told.items()} if isinstance(told, Mapping) else {}
        at = f"{datetime.fromtimestamp(start, UTC):%Y-%m-%dT%H:%M:%SZ}" if isinstance(start, int) else ""
        kind = str(entry.get("kind", "unknown"))
        changes = entry.get("resourceChanges")
        counted = changes.items() if isinstance(changes, Mapping) else ()
        yield AuditEvent(
            id=f"state-{kind}-{start}",
            at=at,
            action=WORDS.get(kind, kind),
            by=known.pop("mlops-iac.by", ""),
            subject=", ".join(f"{count} {op}" for op, count in counted if op != "same"),
            result=str(entry.get("result", "")),
            message=str(entry.get("message") or ""),
            about={key: value for key, value in known.items() if key.startswith(("git.", "ci.", "plan."))},
        )
