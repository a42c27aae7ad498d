"""Physical names: valid, unique, deterministic, readable, in that order. One function; the limits of each type stand in
its record (``core/resource_types.py``).
"""

from __future__ import annotations

import hashlib
import re

from mlops_iac.components._kit.facts import get_facts
from mlops_iac.core.errors import BlueprintError

HASH_DIGITS = 7


def short_hash(*parts: str) -> str:
    """Seven hex digits that follow from the parts."""
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:HASH_DIGITS]


def physical_name(type_token: str, *, stack: str, logical: str, suffix: str = "") -> str:
    """``<stack>-<logical>`` as the type wants it; a name past its limit is cut and ends in a hash of itself.

    ``suffix`` is the hash that names of unique types end in. Raises BlueprintError for a type that AWS names.
    """
    rule = get_facts(type_token).name
    if rule is None:
        raise BlueprintError(
            "A type has no name of ours.",
            f"`{type_token}` is named by AWS.",
            hint="let AWS name it, or give its record a NameRule in mlops_iac/core/resource_types.py.",
        )
    words = "-".join(part for part in (stack, logical, suffix) if part).lower()
    words = re.sub(r"[^a-z0-9]+", rule.separator, words)
    room = rule.limit - len(rule.prefix) - len(rule.tail)
    if len(words) > room:
        tail = suffix or short_hash(words)
        words = f"{words[: room - len(tail) - 1].rstrip('-_')}{rule.separator}{tail}"
    return rule.prefix + words + rule.tail
