"""What whoever deploys must be allowed to do: IAM actions by resource type, each with the ARN that it is allowed on.

The data is derived from the embedded cloud's handlers (`mlops_iac/cloud/deploy_actions.py`). `doctor` asks AWS whether
a person may do all this, and the account's deploy role allows it.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Iterable, Mapping
from importlib.resources import files
from typing import Final

from mlops_iac.core.facts import find_facts

Actions = Mapping[str, tuple[str, ...]]
"""ARN, with ``${…}`` for what is not known yet, to the actions on it; the empty ARN: they can name ``*`` only."""
TABLE_METADATA: Final = "arn:${Partition}:s3:::${BucketName}/${Table}/metadata/${FileName}"
"""What Iceberg keeps of a table, beside the files of its rows (https://iceberg.apache.org/spec/)."""


def known_types() -> tuple[str, ...]:
    return tuple(_types())


def actions_of(type: str) -> Actions:
    """What making, changing, reading and deleting a type takes; nothing for a type that is not known here."""
    return {arn: tuple(actions.split()) for arn, actions in _types().get(type, {}).items()}


def actions_for(types: Iterable[str]) -> Actions:
    """The same for several types: actions on one ARN together, sorted."""
    found: dict[str, set[str]] = {}
    for type in types:
        for arn, actions in actions_of(type).items():
            found.setdefault(arn, set()).update(actions)
    return {arn: tuple(sorted(found[arn])) for arn in sorted(found)}


def example_arn(template: str, type: str, *, partition: str, region: str, account: str, stack: str) -> str:
    """An ARN of the kind that a stack's resource of this type would have, to ask IAM about; ``*`` for no template."""
    if not template:
        return "*"
    facts = find_facts(type)
    prefix = facts.name.prefix.removeprefix("alias/") if facts and facts.name else ""
    name = f"{prefix}{stack}-example"
    known = {"Partition": partition, "Region": region, "Account": account}

    def fill(match: re.Match[str]) -> str:
        word = match[1]
        return known.get(word) or (name.removeprefix("/") if "WithoutLeadingSlash" in word else name)

    return re.sub(r"\$\{(\w+)\}", fill, template)


@functools.cache
def _types() -> Mapping[str, Mapping[str, str]]:
    found: Mapping[str, Mapping[str, str]] = json.loads(
        (files(__package__) / "deploy_actions.json").read_text("utf-8")
    )["types"]
    return found
