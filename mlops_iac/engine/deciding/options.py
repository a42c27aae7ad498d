"""How an operation is to be carried out: what `preview`, `up`, `destroy` and `refresh` may be told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from mlops_iac.core.errors import UsageError


@dataclass(frozen=True, kw_only=True)
class Options:
    """What is left out is as Pulumi has it. Raises UsageError for what cannot be wanted at once."""

    targets: tuple[str, ...] = ()
    """URNs or logical names: nothing else is touched. Empty: everything is."""
    target_dependents: bool = False
    """With targets: what stands on them is touched too."""
    excludes: tuple[str, ...] = ()
    """URNs or logical names that are left as they are."""
    replaces: tuple[str, ...] = ()
    """URNs or logical names that are replaced, changed or not."""
    refresh: bool = False
    """Read what is really there before anything else, and go on from that."""
    parallel: int | None = None
    """Calls to the cloud at once; None: 8."""
    continue_on_error: bool = False
    """After a failure, go on with what does not stand on the failed one. False: start nothing more."""
    plan: Path | None = None
    """In a preview, the file to save the plan in; in an `up`, the plan to carry out, and nothing else."""
    skip_preview: bool = False
    """In an `up`: do not check the whole program before the first change. What is wrong is then met half-way."""

    message: str = ""
    """Why, for the stack's history."""
    actor: Mapping[str, str] = field(default_factory=dict, compare=False)
    """Who acts, for the stack's history, by the keys of Pulumi's."""

    def __post_init__(self) -> None:
        if self.targets and self.excludes:
            raise UsageError(
                "Two choices that exclude each other.",
                "--target and --exclude were both given.",
                hint="name what is to be touched, or what is not.",
            )
        if self.target_dependents and not self.targets:
            raise UsageError(
                "An option has nothing to work on.",
                "--target-dependents was given without --target.",
                hint="name a target, or leave it out.",
            )
        if self.parallel is not None and self.parallel < 1:
            raise UsageError("Value out of range.", f"--parallel is {self.parallel}.", hint="it is at least 1.")

    def refuse(self, verb: str, **flags: str) -> None:
        """Raise UsageError for what was given and has no meaning for this operation; fields by their flags."""
        used = [flag for name, flag in flags.items() if getattr(self, name)]
        if used:
            raise UsageError(
                "An option has nothing to work on.",
                f"`{verb}` has no use for {' and '.join(used)}.",
                hint="leave it out.",
            )

    @property
    def is_partial(self) -> bool:
        """Whether some of the stack is left alone."""
        return bool(self.targets or self.excludes)

    @property
    def whole(self) -> Options:
        """The same of the whole stack, as a preview that asks no cloud and saves no plan."""
        return replace(
            self, targets=(), target_dependents=False, excludes=(), replaces=(), refresh=False, plan=None,
            skip_preview=False,
        )  # fmt: skip

    @property
    def names_resources(self) -> bool:
        return bool(self.targets or self.excludes or self.replaces)


DEFAULTS = Options()
