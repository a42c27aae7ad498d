"""What an upgrade of a stack file would do, worked out before anything is written; and doing it."""

from __future__ import annotations

import difflib
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from mlops_iac.config.company import read_company
from mlops_iac.config.document import Path as KeyPath
from mlops_iac.config.document import parse_document
from mlops_iac.config.editing import replace_checked
from mlops_iac.config.load import check_stack
from mlops_iac.config.migrations import changes_between, migrations_of
from mlops_iac.config.project import list_stacks
from mlops_iac.config.project_file import read_declared
from mlops_iac.config.stack_config import StackConfig
from mlops_iac.core.errors import BlueprintError, MlopsError, PlanError, UsageError
from mlops_iac.engine.event import Result
from mlops_iac.engine.state.files import make_folder, write_file
from mlops_iac.program import load
from mlops_iac.render.stateful import Loss, losses
from mlops_iac.upgrading.stack_edit import edit

KEPT = Path(".mlops-iac/upgrades")
"""Where stack files of before are kept, below the project."""


@dataclass(frozen=True, kw_only=True)
class Upgrade:
    """Of one stack file, from a version of its blueprint to a newer one."""

    config: StackConfig
    to: int
    before: str
    """The file's text."""
    after: str
    why: tuple[str, ...]
    """What the versions between are about, in half a sentence each."""
    told: tuple[str, ...]
    """What is changed in the file, in half a sentence each."""

    @property
    def stack(self) -> str:
        return self.config.stack

    @property
    def file(self) -> str:
        """As people see it: relative to the project."""
        return self.config.document.file

    @property
    def is_needed(self) -> bool:
        return self.to > self.config.blueprint_version

    def diff(self) -> str:
        """Of the file, as `diff -u` has it."""
        lines = difflib.unified_diff(
            self.before.splitlines(), self.after.splitlines(), self.file, self.file, lineterm="", n=2
        )
        return "\n".join(lines)

    def carry_out(self) -> Path:
        """Write the file, and keep the old one. Answers where that is. Raises MlopsError, and then nothing changed."""
        config = self.config
        folder = config.root / KEPT
        make_folder(folder)
        stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
        kept = folder / f"{config.file.stem}.{config.blueprint_version}.{stamp}.yaml"
        write_file(kept, self.before)
        if config.file.read_text("utf-8") != self.before:
            raise UsageError(
                "The stack file was changed meanwhile.", f"{self.file} is not as it was shown.", hint="run it again."
            )
        replace_checked(config.file, self.after, lambda: load(config.root, config.stack))
        return kept


def plan_upgrade(root: Path, stack: str, to: int | None = None) -> Upgrade:
    """What would be written. Raises UsageError for a version that cannot be had, ConfigError for a file that is wrong
    or has to be changed by hand, and BlueprintError when a migration does not keep what the file means."""
    config = load(root, stack).config
    version = check_version(config, to)
    text = config.file.read_text("utf-8")
    model = type(config.options)
    if version == config.blueprint_version:
        return Upgrade(config=config, to=version, before=text, after=text, why=(), told=())
    changes = tuple(changes_between(model, config.blueprint_version, version))

    def known(path: KeyPath) -> bool:
        return config.inherited.origin(("options", *path)) is not None

    edited = edit(text, config.document.file, changes, version, known)
    why = tuple(one.why for one in migrations_of(model)[config.blueprint_version - 1 : version - 1])
    upgrade = Upgrade(config=config, to=version, before=text, after=edited.text, why=why, told=edited.told)
    check_meaning(upgrade)
    return upgrade


def check_version(config: StackConfig, to: int | None) -> int:
    """The version to go to. Raises UsageError for one that the package does not have, and for an older one."""
    version = config.latest_version if to is None else to
    if version > config.latest_version:
        raise UsageError(
            "There is no such version here.",
            f"{config.blueprint} has versions up to {config.latest_version}; {version} was asked for.",
            hint="upgrade the package that offers the blueprint, say with `pip install --upgrade mlops-iac`.",
        )
    if version < config.blueprint_version:
        raise UsageError(
            "A stack file is not taken back.",
            f"{config.document.file} is written for {config.blueprint} {config.blueprint_version}; {version} is older.",
            hint=f"the file of before is kept in {KEPT}, or in your repository.",
        )
    return version


def check_meaning(upgrade: Upgrade) -> None:
    """The new file has to mean what the old one means: the same settings, with their defaults."""
    config = upgrade.config
    document = parse_document(upgrade.after, upgrade.file)
    model = type(config.options)
    after = check_stack(
        document, config.root, config.stack, list_stacks(config.root), lambda name: model,
        read_declared(config.root), read_company(config.root),
    )  # fmt: skip
    was, now = config.effective(), after.effective()
    was.pop("blueprint_version"), now.pop("blueprint_version")
    if was != now:
        differing = ", ".join(key for key in was if was[key] != now.get(key))
        raise BlueprintError(
            "The upgrade would change what the file means.",
            f"{config.blueprint} {config.blueprint_version} → {upgrade.to}: {differing}. Nothing was changed.",
            hint="this is a mistake in the blueprint's migrations: tell its authors, with the file.",
        )


def refused_losses(result: Result, named: Collection[str]) -> list[Loss]:
    """What holds data and would be replaced or deleted, and was not named, by its logical name or its URN."""
    return [loss for loss in losses(result.steps) if loss.name not in named and loss.urn not in named]


def refuse(upgrade: Upgrade, lost: Sequence[Loss]) -> MlopsError:
    """Why an upgrade is not done."""
    told = "\n".join(f"{loss.name} ({loss.type}): {loss.what} would be lost" for loss in lost)
    names = " ".join(f"--replace {loss.name}" for loss in lost)
    return PlanError(
        "The upgrade would lose data.",
        f"{told}\nNothing was changed.",
        hint=f"put what it holds somewhere else first, then allow it: `mlops-iac upgrade {upgrade.stack} {names}`.",
    )
