"""A system of somebody else's that an environment uses: what a team writes of it, and what its own client reads."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Final, get_args
from urllib.parse import urlsplit

from pydantic import BeforeValidator, ConfigDict, Field, StringConstraints, field_validator
from pydantic_core import PydanticCustomError

from mlops_iac.config.section import HIDDEN, Section

LONGEST_SECRET: Final = 180
"""Characters: a job is told of it in a variable, for which SageMaker has room for 256."""

LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})

KeyArn = Annotated[str, StringConstraints(pattern=r"^arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/[0-9a-f-]{36}$")]
ServiceName = Annotated[
    str,
    StringConstraints(pattern=r"^(com\.amazonaws\.vpce|aws\.api)\.[a-z0-9-]+\.[a-z0-9.-]+$", max_length=120),
    Field(examples=["com.amazonaws.vpce.eu-west-1.vpce-svc-0a1b2c3d4e5f67890"]),
]
Text = Annotated[str, StringConstraints(pattern=r"^[^\s\x00-\x1f]+( [^\s\x00-\x1f]+)*$", max_length=200)]
"""One line of a setting, which becomes a variable."""

FORMS: Final = re.compile(
    r"^([0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{64}|dapi[0-9a-f]{32}.*|gl(sa|c)_\w{20,}|live_\w{20,}|secret-\w{20,}|console-\w{20,}"
    r"|wandb_v1_\w+|eyJ[\w.-]{30,}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$"
)
"""How keys of these systems look, which somebody may have pasted where a name belongs."""


REFERENCE: Final = r"^(arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:[0-9]{12}:secret:)?[A-Za-z0-9/_+=.@-]+$"


def _only_a_name(value: object) -> object:
    """Whatever is refused may be the secret itself, so no complaint repeats it."""
    if (
        isinstance(value, str)
        and re.match(REFERENCE, value)
        and len(value) <= LONGEST_SECRET
        and not FORMS.match(value)
    ):
        return value
    raise PydanticCustomError(
        HIDDEN,
        "It must be the name or the ARN of a secret in AWS Secrets Manager, of at most {most} characters; what stands "
        "here is none, or looks like a secret itself",
        {"most": LONGEST_SECRET},
    )


SecretRef = Annotated[
    str,
    StringConstraints(pattern=REFERENCE, max_length=LONGEST_SECRET),
    BeforeValidator(_only_a_name),
    Field(examples=["acme/warehouse"]),
]


@dataclass(frozen=True)
class Variable:
    """By which name of a variable a system's own client reads a field."""

    name: str


def _tell_kind(schema: dict[str, Any], system: type[Section]) -> None:
    """An editor says of the word that chooses a system what the system is."""
    if "kind" in schema["properties"]:
        schema["properties"]["kind"]["description"] = (inspect.getdoc(system) or "").partition("\n\n")[0]


class System(Section):
    """One of them. A kind is a subclass in a file of its own; its fields are what a team writes in YAML."""

    model_config = ConfigDict(json_schema_extra=_tell_kind)

    title: ClassVar[str]
    """What people call it."""
    offers: ClassVar[str]
    """What for, in a word or two."""
    client: ClassVar[str]
    """Whose variables these are: the vendor's client that reads them. One that reads none is named with that."""
    source: ClassVar[str]
    """Where it is written which variables the client reads, and when that was read."""
    secrets: ClassVar[Mapping[str, str]]
    """Variable to its key in the secret, a JSON object. What the secret lacks is not set; one that is no object is the
    value of the first. `WHOLE` for a key: the variable leads to a file that holds the secret as it is. Empty: the
    system is used without credentials."""
    needs_secret: ClassVar[bool] = True
    """Whether nobody can use it without one."""
    usual_address: ClassVar[str] = ""
    """Of all who use the vendor's own cloud, with fields in braces. Empty: a team says its own."""
    located: ClassVar[Mapping[str, str]] = {}
    """Variable by which the client reads where it is, to what it reads: ``{url}``, ``{host}``, ``{port}``,
    ``{scheme}``. Empty: it finds that by other fields."""
    plain: ClassVar[bool] = False
    """Whether it may be reached without TLS: a server in one's own network."""
    private_dns: ClassVar[bool] = False
    """Whether the vendor's endpoint service brings its DNS name into a network that has a PrivateLink endpoint."""

    kind: str
    address: Annotated[str, StringConstraints(max_length=200)] | None = Field(
        default=None,
        validate_default=True,
        description="Where it is: an address that begins with https://. Left out: the vendor's own cloud, where there "
        "is one address for all.",
        examples=["https://acme.example.com"],
    )
    secret: SecretRef | None = Field(
        default=None,
        description="Name or ARN of a secret in AWS Secrets Manager, never its value. Left out: jobs have no "
        "credentials for it.",
    )
    secret_key_arn: KeyArn | None = Field(
        default=None,
        description="The KMS key that encrypts the secret. Left out: the account's own aws/secretsmanager.",
    )
    private_link: ServiceName | None = Field(
        default=None,
        description="The vendor's endpoint service for AWS PrivateLink, by which jobs reach it without the internet. "
        "Left out: there is none.",
    )

    @field_validator("address")
    @classmethod
    def _check_address(cls, value: str | None) -> str | None:
        if value is None:
            if not cls.usual_address:
                raise ValueError("it must be said: there is no address that all who use it share")
            return value
        found = urlsplit(value)
        # What goes to this machine itself is read by nobody on the way: a stand-in for tests.
        schemes = ("https", "http") if cls.plain or found.hostname in LOOPBACK else ("https",)
        if found.username or found.password:
            raise ValueError("it holds a user or a password, which would be read by whoever sees this file")
        if found.scheme not in schemes or not found.hostname or found.query or found.fragment:
            raise ValueError(f"it must begin with {' or '.join(f'{one}://' for one in schemes)} and name a host")
        try:
            _ = found.port
        except ValueError:
            raise ValueError("its port must be 1 to 65535") from None
        return value.rstrip("/")

    @property
    def endpoint(self) -> str:
        """Where it is."""
        return self.address or self.usual_address.format_map(self.model_dump())

    @property
    def variables(self) -> dict[str, str]:
        """What its client reads of these fields; never a secret."""
        place = urlsplit(self.endpoint)
        words = {
            "url": self.endpoint,
            "scheme": place.scheme,
            "host": str(place.hostname),
            "port": str(place.port or (80 if place.scheme == "http" else 443)),
        }
        found = {variable: text.format_map(words) for variable, text in self.located.items()}
        given = {variable: getattr(self, field) for field, variable in self.named()}
        return found | {variable: str(value) for variable, value in given.items() if value is not None}

    @classmethod
    def named(cls) -> Iterator[tuple[str, str]]:
        """Fields and the variables that they are read by."""
        for name, field in cls.model_fields.items():
            inner = (one for part in get_args(field.annotation) for one in get_args(part))
            yield from ((name, one.name) for one in (*field.metadata, *inner) if isinstance(one, Variable))

    @classmethod
    def all_variables(cls) -> tuple[str, ...]:
        """Every variable that it may set, secrets last."""
        return (*cls.located, *(variable for _, variable in cls.named()), *cls.secrets)
