"""The rules of team and environment names: they start every physical name, so the strictest service decides."""

from __future__ import annotations

import re
from collections.abc import Iterable

TEAM = re.compile(r"(?!.*--)[a-z][a-z0-9-]{0,14}[a-z0-9]")
TEAM_RULE = "2 to 16 characters: small letters a-z, digits and single hyphens; a letter first, no hyphen last"

ENVIRONMENT = re.compile(r"[a-z][a-z0-9]{1,9}")
ENVIRONMENT_RULE = "2 to 10 characters: small letters a-z and digits; a letter first"

RESERVED_PREFIXES = ("amzn-s3-demo-", "sthree-", "xn--")
"""S3 refuses bucket names that start so.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
"""


def check_team(team: str) -> str | None:
    """The rule that a team's name breaks, or None."""
    if not TEAM.fullmatch(team):
        return f"A team's name has {TEAM_RULE}."
    for prefix in RESERVED_PREFIXES:
        if f"{team}-".startswith(prefix):
            return f"Names that start with `{prefix}` are reserved by S3."
    return None


def check_environment(environment: str) -> str | None:
    """The rule that an environment's name breaks, or None."""
    return None if ENVIRONMENT.fullmatch(environment) else f"An environment's name has {ENVIRONMENT_RULE}."


def check_stack(stack: str) -> str | None:
    """The rule that a stack's name breaks, or None."""
    team, separator, environment = stack.rpartition("-")
    if not separator:
        return "A stack's name is <team>-<environment>."
    return check_team(team) or check_environment(environment)


def find_overlap(stack: str, stacks: Iterable[str]) -> str | None:
    """Another stack that shares this one's name prefix, or None.

    `destroy` finds what runs created by the prefix `<stack>-`; `ml-dev-` would also match what `ml-dev-test` owns.
    """
    for other in sorted(stacks):
        if other != stack and (f"{other}-".startswith(f"{stack}-") or f"{stack}-".startswith(f"{other}-")):
            return other
    return None
