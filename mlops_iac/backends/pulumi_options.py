"""`engine.options.Options` as what the Automation API takes for each operation; what it lacks is refused by name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final, Literal

from mlops_iac.core import urns
from mlops_iac.core.errors import UsageError
from mlops_iac.core.suggestions import did_you_mean
from mlops_iac.engine.deciding.options import Options

Verb = Literal["preview", "up", "refresh", "destroy"]

# Field of `Options` → flag, and the keyword of each operation that has one.
KEYWORDS: Final[Mapping[str, tuple[str, Mapping[Verb, str]]]] = {
    "targets": ("--target", {"preview": "target", "up": "target", "refresh": "target", "destroy": "target"}),
    "target_dependents": (
        "--target-dependents",
        dict.fromkeys(("preview", "up", "refresh", "destroy"), "target_dependents"),
    ),
    "excludes": ("--exclude", {"preview": "exclude", "up": "exclude", "refresh": "exclude"}),
    "replaces": ("--replace", {"preview": "replace", "up": "replace"}),
    "refresh": ("--refresh", {"preview": "refresh", "up": "refresh", "destroy": "refresh"}),
    "parallel": ("--parallel", dict.fromkeys(("preview", "up", "refresh", "destroy"), "parallel")),
    "continue_on_error": ("--continue-on-error", {"up": "continue_on_error", "destroy": "continue_on_error"}),
    "plan": ("--plan", {"preview": "plan", "up": "plan"}),
    "message": ("--message", dict.fromkeys(("preview", "up", "refresh", "destroy"), "message")),
}

NAMES: Final = ("targets", "excludes", "replaces")
"""Fields that name resources: logical names for us, URNs for Pulumi."""


def keywords(options: Options, verb: Verb) -> dict[str, Any]:
    """What to give the Automation API's function of that verb, resources still as the person named them.

    Raises UsageError for what it cannot be told. A preview tells all there is to tell, whatever fails.
    """
    given: dict[str, Any] = {}
    for field, (flag, words) in KEYWORDS.items():
        value = getattr(options, field)
        if not value or (field, verb) == ("continue_on_error", "preview"):
            continue
        if verb not in words:
            raise UsageError(
                "Pulumi cannot do that.",
                f"`pulumi {verb}` is not told {flag} through its Automation API, which is how --cloud aws works.",
                hint=f"leave {flag} out.",
            )
        given[words[verb]] = list(value) if field in NAMES else str(value) if field == "plan" else value
    return given


def named(options: Options) -> tuple[str, ...]:
    """Every word by which a resource is named."""
    return tuple(word for field in NAMES for word in getattr(options, field))


def as_urns(words: Iterable[str], known: Iterable[str]) -> list[str]:
    """URNs of what each word names: a URN, or a logical name that several resources may carry.

    Raises UsageError with the nearest name, because Pulumi takes a word that names nothing for nothing to leave out.
    """
    by_name: dict[str, list[str]] = {}
    for urn in known:
        by_name.setdefault(urns.parse(urn).name, []).append(urn)
        by_name.setdefault(urn, []).append(urn)
    found: list[str] = []
    for word in words:
        if word not in by_name:
            raise UsageError(
                "No such resource.",
                f"`{word}` is neither in the state nor in the program.",
                hint=did_you_mean(word, [name for name in by_name if not name.startswith("urn:")]),
            )
        found += by_name[word]
    return list(dict.fromkeys(found))
