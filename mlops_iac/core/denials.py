"""What to do about AccessDenied: AWS's message names role, action and resource; the hint says what to grant.

Both clouds say it in the same words ("Troubleshoot access denied error messages" in the IAM user guide).
"""

from __future__ import annotations

import re
from typing import Final

_DENIED: Final = re.compile(
    r"User: (?P<user>arn:\S+) is not authorized to perform: (?P<action>[\w-]+:\w+)"
    r"(?: on resource: (?P<resource>\S+))?(?P<why>[^()\n]*)"
)


def explain_denial(text: str) -> str:
    """What to grant, and to whom; empty when the text tells of no refusal."""
    found = _DENIED.search(text)
    if found is None:
        return ""
    action, role = found["action"], _role(found["user"])
    on = f" on `{found['resource']}`" if found["resource"] else ""
    why = found["why"]
    if "explicit deny" in why:
        where = why.split("explicit deny in ", 1)[1].split(" ", 1)[1].strip(" .")
        return f"a {where} denies `{action}`{on} to {role}: change that statement."
    if "permissions boundary" in why:
        return (
            f"the permissions boundary of {role} leaves out `{action}`{on}: add it where the component tells its reach."
        )
    if "resource-based policy" in why:
        return f"the policy of the resource must let {role} do `{action}`{on}."
    return f"grant {role} `{action}`{on}: by the component that owns the resource (`owner.grant_…(role)`)."


def _role(user: str) -> str:
    """``the role screening-dev-flow-role``, out of a session's ARN."""
    kind, _, rest = user.split(":", 5)[-1].partition("/")
    return f"the role {rest.split('/', 1)[0]}" if kind == "assumed-role" else f"the {kind} {rest}"
