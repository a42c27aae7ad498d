"""What a policy is: a rule that says which resources it looks at, what is wrong with one, and what to do about it.

A package offers its own by the entry point group ``mlops_iac.policies``; a company keeps its own in a folder that its
company file names. Both are held to the laws of `mlops_iac.testing.contracts` (`POLICY_LAWS`).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from mlops_iac.core.severity import Severity
from mlops_iac.policy.resource import Resource, World

PROFILES = ("sandbox", "standard", "regulated")
"""The security profiles, loosest first."""


@dataclass(frozen=True, kw_only=True)
class Violation:
    """One thing that is wrong with a resource."""

    detail: str
    """A sentence, with what is there."""
    path: str = ""
    """The input that is wrong, dotted. Left out: none in particular, say one that is missing elsewhere."""


@dataclass(frozen=True, kw_only=True)
class Example:
    """A few resources, of which the first is looked at: how a policy is broken, or kept."""

    resources: Sequence[Resource]
    outputs: Mapping[str, Any] = field(default_factory=dict)
    """The stack's outputs. Left out: none."""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    """Of the policy, where its defaults say nothing about the example."""
    profile: str = "standard"
    protects: bool = False
    """Whether the environment refuses to lose data."""

    @property
    def world(self) -> World:
        return World(
            resources=self.resources, outputs=self.outputs, profile=self.profile, protects=self.protects, stack="a-dev"
        )


def example(type: str, inputs: Mapping[str, Any], *beside: Resource, **more: Any) -> Example:
    """An example of one resource, with what lies beside it."""
    return Example(resources=[Resource(type=type, name="example", inputs=inputs), *beside], **more)


def beside(type: str, **inputs: Any) -> Resource:
    """A resource beside that of an `example`."""
    return Resource(type=type, name="beside", inputs=inputs)


class Policy(ABC):
    """A rule. A class, so that one file holds all of it: what it wants, why, and how it is broken and kept."""

    name: ClassVar[str]
    """Small letters and hyphens: ``s3-public-access``."""
    wants: ClassVar[str]
    """A sentence in the present tense: what is so where the policy is kept."""
    why: ClassVar[str]
    """A sentence: what happens otherwise."""
    severity: ClassVar[Severity]
    """In every profile that `by_profile` does not name."""
    by_profile: ClassVar[Mapping[str, Severity]] = {}
    """Security profile to its severity there."""
    types: ClassVar[tuple[str, ...]]
    """Type tokens of the resources it looks at; ``pulumi:pulumi:Stack`` for what is about the whole environment, ``*``
    for resources of every type."""
    remedy: ClassVar[str]
    """What to do about it: begins with a verb."""
    setting: ClassVar[str] = ""
    """The setting of a stack file that decides it, dotted: where a finding is shown. Left out: none decides alone."""
    sources: ClassVar[tuple[str, ...]]
    """Whose advice it is: ``Security Hub S3.8``."""
    parameters: ClassVar[Mapping[str, Any]] = {}
    """What a company may set, with the defaults; a value is of its default's type."""
    about_parameters: ClassVar[Mapping[str, str]] = {}
    """What each parameter means, in a sentence."""
    breaks: ClassVar[tuple[Example, ...]]
    keeps: ClassVar[tuple[Example, ...]]

    @abstractmethod
    def check(self, resource: Resource, world: World, parameters: Mapping[str, Any]) -> Iterator[Violation]:
        """What is wrong with a resource of one of the types. Pure.

        What a preview does not know yet is asked for through the resource's own methods, which note it: the policy
        is asked again when it is known.
        """

    def severity_in(self, profile: str) -> Severity:
        return self.by_profile.get(profile, self.severity)
