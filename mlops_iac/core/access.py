"""Who may enter an environment, as a person writes it: a principal, and how far it is trusted.

Principals are IAM users and roles by their ARN, and permission sets of IAM Identity Center by name: the roles that
Identity Center makes for one end in hex digits that nobody knows before (``AWSReservedSSO_Data_0123456789abcdef``).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal

Level = Literal["viewer", "scientist", "admin"]

LEVELS: Final[tuple[Level, ...]] = ("viewer", "scientist", "admin")
"""Each may do what those before it may."""

LEVEL_WORDS: Final = {
    "viewer": "reads runs, metrics, logs and models",
    "scientist": "that, and starts and stops runs, reads and writes the lake's data, asks for predictions and by SQL",
    "admin": "that, and answers approvals, puts models into service and takes them back",
}

PARTITIONS: Final = ("aws", "aws-cn", "aws-us-gov")

FORMS: Final = (
    f"arn:{PARTITIONS[0]}:iam::111122223333:user/anna",
    f"arn:{PARTITIONS[0]}:iam::111122223333:role/data-science",
    "sso:DataScientist",
    "sso:111122223333/DataScientist",
)
"""One example of each form, for messages."""

SSO: Final = "aws-reserved/sso.amazonaws.com"
"""The path of Identity Center's roles; IAM lets nobody else make a role there.
https://docs.aws.amazon.com/singlesignon/latest/userguide/referencingpermissionsets.html"""

HEX: Final = "?" * 16
"""What the name of such a role ends in."""

# Names and paths: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
_ARN: Final = re.compile(r"arn:(?P<partition>[a-z-]+):iam::(?P<account>\d{12}):(?P<what>.+)")
_ENTITY: Final = re.compile(r"(?P<kind>user|role)/(?:[\x21-\x7e]{1,510}/)?(?P<name>[\w+=,.@-]{1,64})", re.ASCII)
_SET: Final = re.compile(r"sso:(?:(?P<account>\d{12})/)?(?P<name>[\w+=,.@-]{1,32})", re.ASCII)


@dataclass(frozen=True)
class Principal:
    """Somebody, or all who have a permission set."""

    text: str
    kind: Literal["user", "role", "sso"]
    partition: str = ""
    """Empty for a permission set: it is the environment's."""
    account: str = ""
    """Empty for a permission set of the environment's own account."""
    name: str = ""

    def patterns(self) -> tuple[str, ...]:
        """ARNs of a permission set's roles after the account: in one region they have one more part in their path."""
        role = f"AWSReservedSSO_{self.name}_{HEX}"
        return tuple(f"role/{SSO}/{region}{role}" for region in ("", "*/"))


def parse_principal(text: str) -> Principal:
    """Raises ValueError with what is wrong and what is right, in sentences."""
    if found := _SET.fullmatch(text):
        return Principal(text, "sso", account=found["account"] or "", name=found["name"])
    arn = _ARN.fullmatch(text)
    if arn is None or arn["partition"] not in PARTITIONS:
        raise ValueError(f"It is one of: {', '.join(FORMS)}.{_service_of(text)}")
    if "*" in text or "?" in text:
        raise ValueError("A principal is named exactly, without `*` and `?`; for permission sets there is `sso:NAME`.")
    entity = _ENTITY.fullmatch(arn["what"])
    if entity is None:
        raise ValueError(_why_not(arn["what"]))
    return Principal(text, entity["kind"], arn["partition"], arn["account"], entity["name"])  # type: ignore[arg-type]


def _service_of(text: str) -> str:
    if ":sts:" in text and ":assumed-role/" in text:
        role = text.partition(":assumed-role/")[2].partition("/")[0]
        return f" This is a session of a role; name the role itself, as `…:role/{role}`."
    return ""


def _why_not(what: str) -> str:
    if what == "root":
        return "`root` stands for everybody in the account whom its administrators let; name a user or a role."
    if what.startswith("group/"):
        return "A group cannot assume a role; name its users, a role, or a permission set (`sso:NAME`)."
    return f"`{what[:60]}` is neither a user (`user/NAME`) nor a role (`role/NAME`)."


def partition_of(region: str) -> str:
    """AWS's partition, which every ARN starts with; it follows from the region's name."""
    if region.startswith("cn-"):
        return "aws-cn"
    return "aws-us-gov" if region.startswith("us-gov-") else "aws"
