"""What the checks look at. What is dear to find out is found out once, by the first check that asks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlops_iac.core.errors import MlopsError

if TYPE_CHECKING:
    from mlops_iac.clients import Clients
    from mlops_iac.pipelines.pipeline import Pipeline
    from mlops_iac.program.stack_program import StackProgram


class NotLookedAt(Exception):
    """A check cannot look, because of something that another check tells of. The text says what."""


@dataclass(frozen=True)
class Resource:
    """One resource that the stack would have."""

    type: str
    inputs: Mapping[str, Any]


@dataclass(frozen=True)
class Built:
    """What a preview says that the stack would have."""

    resources: Sequence[Resource] = ()
    outputs: Mapping[str, Any] = field(default_factory=dict)

    def count(self, type: str) -> int:
        return sum(resource.type == type for resource in self.resources)

    def of(self, type: str) -> list[Resource]:
        return [resource for resource in self.resources if resource.type == type]


@dataclass
class Subject:
    """A project, and one of its stacks when the person named one."""

    root: Path | None
    """None: there is no project here; only the machine and the account are looked at."""
    stack: str
    """Empty: none."""
    cloud: str
    """``embedded`` or ``aws``."""
    connect: Callable[[str, str | None], Clients]
    """Clients of AWS in a region, with a profile."""
    build: Callable[[str], Built]
    """What a stack would have. Raises MlopsError."""
    asked_region: str = ""
    """Where to look without a stack."""

    @property
    def home(self) -> Path:
        """Where state and cloud of the project are, or would be."""
        return (self.root or Path.cwd()) / ".mlops-iac"

    @cached_property
    def _found(self) -> StackProgram | MlopsError:
        from mlops_iac.program.stack_program import open_stack

        assert self.root is not None
        try:
            return open_stack(self.root, self.stack)
        except MlopsError as error:
            return error

    @property
    def mistakes(self) -> MlopsError | None:
        """What is wrong with the stack's files."""
        return self._found if isinstance(self._found, MlopsError) else None

    @property
    def opened(self) -> StackProgram:
        """The stack. Raises NotLookedAt when it cannot be read."""
        if isinstance(self._found, MlopsError):
            raise NotLookedAt("the stack file has mistakes")
        return self._found

    @property
    def pipelines(self) -> Sequence[Pipeline]:
        """None of a program that has no blueprint."""
        return self.opened.program.pipelines if self.opened.program else ()

    @cached_property
    def built(self) -> Built:
        """Without a stack, nothing."""
        if not self.stack:
            return Built()
        try:
            return self.build(self.opened.stack)
        except MlopsError as error:
            raise NotLookedAt(f"what the stack would have is not known ({error.summary})") from error

    @property
    def region(self) -> str:
        return self.opened.settings.values.get("aws:region") or self.asked_region if self.stack else self.asked_region

    @property
    def partition(self) -> str:
        """AWS's partition, by the region's name."""
        if self.region.startswith("cn-"):
            return "aws-cn"
        return "aws-us-gov" if self.region.startswith("us-gov-") else "aws"

    @cached_property
    def clients(self) -> Clients:
        """Raises NotLookedAt without a region."""
        if not self.region:
            raise NotLookedAt("no region is known: name a stack, or set AWS_REGION")
        profile = self.opened.settings.values.get("aws:profile") if self.stack else None
        return self.connect(self.region, profile)

    @cached_property
    def caller(self) -> Mapping[str, Any]:
        """Who asks, as STS answers it. Raises NotLookedAt when nobody is known."""
        try:
            found: Mapping[str, Any] = self.clients("sts").get_caller_identity()
        except NotLookedAt:
            raise
        except Exception as error:
            raise NotLookedAt("AWS does not know who asks") from error
        return found
