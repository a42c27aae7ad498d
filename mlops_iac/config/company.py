"""``mlops-iac.yaml``, beside Pulumi.yaml: what a company decides for all stacks of a project, or for a group of them.

    defaults:                       # of every stack that says nothing else
      security: standard
      options: {monthly_budget_usd: 300}
    locked: [tags.cost-centre]      # no stack says otherwise
    limits:                         # what a stack may say
      aws:region: {one_of: [eu-west-1, eu-central-1]}
      options.monthly_budget_usd: {at_most: 500}
    policies:                       # what the rules of `mlops-iac policy list` weigh here
      rules:
        log-retention: {severity: error, parameters: {at_least_days: 90}}
    groups:
      prod:
        stacks: ["*-prod"]
        defaults: {security: regulated}

A group's defaults go before the project's, a stack's own file before both. Settings of `aws:` are not defaults here:
Pulumi reads those itself, from `config:` in Pulumi.yaml.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated, Any, Final

from pydantic import Field, StringConstraints, ValidationError

from mlops_iac.config.document import Document, parse_document
from mlops_iac.config.document import Path as KeyPath
from mlops_iac.config.envelope import Envelope, Security
from mlops_iac.config.policies import PolicySection, ProjectPolicySection
from mlops_iac.config.problems import problems_of, within_limit
from mlops_iac.config.project import PROJECT
from mlops_iac.config.section import Section
from mlops_iac.config.text import read_text
from mlops_iac.core.errors import ConfigError, Problem
from mlops_iac.core.suggestions import did_you_mean

COMPANY_FILE: Final = "mlops-iac.yaml"

REGION: Final = "aws:region"

INSTANCE_TYPES: Final = "instance_types"
"""Among limits: every type of machine that a stack names, wherever."""

INSTANCE_COUNT: Final = "instance_count"
"""Among limits: how many machines any one job, and any endpoint, of a stack takes."""

INSTANCES_AT_ONCE: Final = "instances_at_once"
"""Among limits: how many machines a stack takes at the same moment, all its pipelines and endpoints together."""

MACHINES: Final = (INSTANCE_TYPES, INSTANCE_COUNT)
"""Limits that are about machines, wherever a stack or a pipeline says them."""

OWN: Final = ("team", "environment")
"""What only a stack itself says: its name."""

WAIVERS: Final = "waivers"
"""What a stack says for itself; for many it is `policies.waivers` here."""

VERSION: Final = "blueprint_version"
"""What a stack's own file is written for."""

DEFAULTS: Final = tuple(key for key in Envelope.model_fields if key not in (*OWN, WAIVERS, VERSION))
"""What may have a default."""

SECRETS_PROVIDER: Final = r"^(passphrase|(awskms|azurekeyvault|gcpkms|hashivault)://\S+)$"
"""As `pulumi stack init --secrets-provider` takes it."""

Number = int | float
Words = Annotated[str, StringConstraints(min_length=1)]


class Limit(Section):
    """What values a setting may have in a stack."""

    at_least: Number | Security | None = Field(
        default=None, description="The lowest: a number; for `security` a profile, of sandbox, standard, regulated."
    )
    at_most: Number | Security | None = Field(default=None, description="The highest, likewise.")
    one_of: tuple[str | Number | bool, ...] | None = Field(
        default=None, description="The values allowed; in a text, `*` stands for anything: `ml.g5.*`."
    )

    def allows(self, value: Any) -> bool:
        if self.at_least is not None and not _is_ordered(self.at_least, value):
            return False
        if self.at_most is not None and not _is_ordered(value, self.at_most):
            return False
        return self.one_of is None or any(_matches(value, one) for one in self.one_of)

    def __str__(self) -> str:
        return ", ".join(
            [f"at least {self.at_least}"] * (self.at_least is not None)
            + [f"at most {self.at_most}"] * (self.at_most is not None)
            + [f"one of {', '.join(map(str, self.one_of or ()))}"] * (self.one_of is not None)
        )


class Rules(Section):
    """Of all stacks, or of a group."""

    defaults: dict[str, Any] = Field(
        default_factory=dict,
        description="Settings of every stack whose own file says nothing else; mappings are joined key by key.",
    )
    locked: tuple[Words, ...] = Field(
        default=(), description="Settings, as `options.gate.at_least`, that no stack says otherwise than the defaults."
    )
    limits: dict[str, Limit] = Field(
        default_factory=dict,
        description="What values a setting may have. `instance_types` stands for every type of machine in a stack, "
        "`instance_count` for how many of them any job or endpoint takes, `instances_at_once` for how many a stack "
        "takes at the same moment.",
    )
    policies: PolicySection = Field(
        default=PolicySection(), description="How policies are weighed, and what may break one."
    )


class Group(Rules):
    """Rules for some stacks; they go before the project's."""

    stacks: Annotated[tuple[Words, ...], Field(min_length=1)] = Field(
        description="Names of stacks; `*` stands for anything: `*-prod`."
    )


class CompanyFile(Rules):
    """The whole file."""

    secrets_provider: Annotated[str, StringConstraints(pattern=SECRETS_PROVIDER, max_length=500)] | None = Field(
        default=None,
        description="Who encrypts secrets of stacks that the Pulumi CLI makes: a key in the account, as "
        "`mlops-iac bootstrap` says it. Left out: a passphrase.",
    )

    groups: dict[str, Group] = Field(default_factory=dict, description="Stacks that have something in common.")
    policies: ProjectPolicySection = Field(
        default=ProjectPolicySection(),
        description="How policies are weighed, what may break one, and the company's own.",
    )


@dataclass(frozen=True, kw_only=True)
class Level:
    """The rules of one part of the file, and where they stand."""

    group: str
    """Empty for the project's."""
    rules: Rules
    document: Document
    at: KeyPath
    """Of the part."""

    def problem(self, path: KeyPath, summary: str, detail: str, hint: str = "") -> Problem:
        return self.document.problem((*self.at, *path), summary, detail, hint)

    def place(self, path: KeyPath) -> str:
        return f"{self.document.file}:{self.document.line((*self.at, *path))}"

    def split(self, dotted: str) -> KeyPath:
        """A dotted setting as a path; a tag whose name has dots is found when it has a default."""
        if dotted == REGION:
            return (REGION,)
        return tuple(map(str, self.document.split(dotted, within=(*self.at, "defaults"))[len(self.at) + 1 :]))


@dataclass(frozen=True, kw_only=True)
class Company:
    levels: tuple[Level, ...]
    """The project's, then its groups'."""
    secrets_provider: str | None = None

    def of(self, stack: str) -> tuple[Level, ...]:
        """The levels of a stack, lowest first. Raises ConfigError for a stack of two groups."""
        groups = [level for level in self.levels[1:] if _holds(level, stack)]
        if len(groups) > 1:
            one, other = (f"`{level.group}` ({level.place(('stacks',))})" for level in groups[:2])
            detail = f"`{stack}` belongs to {one} and to {other}."
            hint = "make the patterns of one of them narrower."
            raise ConfigError.of([groups[1].problem(("stacks",), "A stack belongs to two groups.", detail, hint)])
        return self.levels[:1] + tuple(groups)


def read_company(root: Path) -> Company:
    """Raises ConfigError with every mistake. Without the file nothing is decided."""
    path = root / COMPANY_FILE
    if not path.exists() and not path.is_symlink():
        return Company(levels=())
    document = parse_document(read_text(path, root, COMPANY_FILE), COMPANY_FILE, what="company file")
    problems = list(document.problems)
    found = None
    try:
        found = CompanyFile.model_validate(document.values)
    except ValidationError as error:
        problems += problems_of(error, CompanyFile, document.values, document, lambda path: path)
    levels = tuple(_levels(found, document)) if found else ()
    problems += [problem for level in levels for problem in _faults(level)]
    if problems:
        raise ConfigError.of(within_limit(problems))
    return Company(levels=levels, secrets_provider=found.secrets_provider if found else None)


def company_defaults(root: Path, stack: str) -> dict[str, Any]:
    """What a stack of this name has without saying it. Raises ConfigError."""
    return join(level.rules.defaults for level in read_company(root).of(stack))


def join(layers: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Mappings over one another, key by key; any other value replaces what lies below it."""
    joined: dict[str, Any] = {}
    for layer in layers:
        for key, value in layer.items():
            below = joined.get(key)
            joined[key] = join([below, value]) if isinstance(below, dict) and isinstance(value, dict) else value
    return joined


def _levels(found: CompanyFile, document: Document) -> Iterator[Level]:
    yield Level(group="", rules=found, document=document, at=())
    for name, group in found.groups.items():
        yield Level(group=name, rules=group, document=document, at=("groups", name))


def _faults(level: Level) -> Iterator[Problem]:
    """What is no setting of a stack, and limits that cannot be."""
    for key in level.rules.defaults:
        if key not in DEFAULTS:
            yield level.problem(("defaults", key), "This cannot have a default.", *_why_no_default(key))
    for number, key in enumerate(level.rules.locked):
        if not _is_setting(key, (*DEFAULTS, REGION)):
            yield level.problem(("locked", number), "There is no such setting.", *_not_a_setting(key))
    for key, limit in level.rules.limits.items():
        if not _is_setting(key, (*DEFAULTS, *OWN, REGION, *MACHINES, INSTANCES_AT_ONCE)):
            yield level.problem(("limits", key), "There is no such setting.", *_not_a_setting(key))
        elif not str(limit):
            yield level.problem(("limits", key), "This limits nothing.", "It has none of at_least, at_most, one_of.")
        elif key != "security" and isinstance(limit.at_least or limit.at_most, Security):
            yield level.problem(("limits", key), "Only `security` has profiles.", f"`{key}` is compared with numbers.")


def _is_setting(key: str, known: tuple[str, ...]) -> bool:
    return key in known or key.partition(".")[0] in ("options", "tags")


def _not_a_setting(key: str) -> tuple[str, str]:
    known = (*DEFAULTS, *OWN, REGION, *MACHINES, INSTANCES_AT_ONCE)
    return f"Value given: {key}. It may be {', '.join(known)}, or a key below options or tags.", did_you_mean(
        key, known
    )


def _why_no_default(key: str) -> tuple[str, str]:
    if key in OWN:
        return f"`{key}` makes the stack's name, which its own file says.", "remove it."
    if key == WAIVERS:
        return "A waiver is no default.", "write it under `policies.waivers`."
    if key == VERSION:
        return "Each stack file says for itself what it is written for.", "remove it."
    if key.startswith("aws:"):
        return "Pulumi reads `aws:` settings itself.", f"write `{key}: {{value: …}}` under `config:` in Pulumi.yaml."
    name = key.removeprefix(f"{PROJECT}:")
    if name in DEFAULTS:
        return f"Here the keys of `{PROJECT}:` stand without it.", f"write `{name}`."
    return f"Value given: {key}. It may be {', '.join(DEFAULTS)}.", did_you_mean(key, DEFAULTS)


def _holds(level: Level, stack: str) -> bool:
    rules = level.rules
    return isinstance(rules, Group) and any(fnmatchcase(stack, pattern) for pattern in rules.stacks)


_PROFILES: Final[Mapping[str, int]] = {profile.value: rank for rank, profile in enumerate(Security)}


def _is_ordered(low: Any, high: Any) -> bool:
    """Whether two values are of one kind, numbers or profiles, and the first is no more than the second."""
    if isinstance(low, str) and isinstance(high, str):
        return low in _PROFILES and high in _PROFILES and _PROFILES[low] <= _PROFILES[high]
    return _is_number(low) and _is_number(high) and bool(low <= high)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _matches(value: Any, one: Any) -> bool:
    if isinstance(value, str) and isinstance(one, str):
        return fnmatchcase(value, one)
    return type(value) is type(one) and bool(value == one)
