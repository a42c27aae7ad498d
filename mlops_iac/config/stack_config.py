"""A stack file that has been checked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, PrivateAttr

from mlops_iac.config import pulumi_values
from mlops_iac.config.access import AccessSection
from mlops_iac.config.company import REGION
from mlops_iac.config.document import Document, Place
from mlops_iac.config.document import Path as KeyPath
from mlops_iac.config.envelope import Security
from mlops_iac.config.inheritance import Inherited
from mlops_iac.config.migrations import Migrated
from mlops_iac.config.policies import WaiverSection
from mlops_iac.config.project import PROJECT, PROJECT_FILE
from mlops_iac.config.project_settings import Merged
from mlops_iac.config.usage import Usage
from mlops_iac.config.value import Value
from mlops_iac.core.errors import ConfigError, Problem

_ENVELOPE_KEYS = {"region": "aws:region"}
_OPTIONS = f"{PROJECT}:options"


class StackConfig(BaseModel):
    """What a team wrote, with every default filled in. Frozen."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)

    stack: str
    team: str
    environment: str
    region: str
    blueprint: str
    blueprint_version: int = 1
    """What the file is written for. Its options are given as the latest version has them."""
    latest_version: int = 1
    """Of the blueprint, here; that of the file where the options are not read."""
    code: str
    """The team's folder, relative to the project's root, with forward slashes; empty where the blueprint runs none."""
    security: Security
    protect: bool
    owner: str | None
    tags: Mapping[str, str]
    expires: str | None = None
    review: str = "none"
    review_key: str | None = None
    access: tuple[AccessSection, ...] = ()
    usage: Usage
    value: Value = Value()
    waivers: tuple[WaiverSection, ...] = ()
    options: Any
    """The blueprint's validated Options model; the mapping as written when no model was passed in."""
    config: Mapping[str, str]
    """Every key in Pulumi's own flat form: structured values are JSON. Secret values are still encrypted."""
    secret_keys: frozenset[str]
    """Keys of `config` that are, or hold, a secret."""
    in_clear: frozenset[str] = frozenset()
    """Secret keys that are written in clear: the project's file says that they are secret."""
    encryption_salt: str | None
    file: Path
    root: Path
    """The project's root."""

    _document: Document = PrivateAttr()
    _inherited: Inherited = PrivateAttr()
    _merged: Merged = PrivateAttr()
    _migrated: Migrated = PrivateAttr()

    def place(self, path: str = "") -> Place:
        """File and line of a dotted key (`code`, `options.gate.at_least`, `aws:region`), or of what is around it."""
        return Place(self._document.file, self._document.line(self._key_path(path)))

    def problem(self, path: str, summary: str, detail: str = "", hint: str = "") -> Problem:
        """A problem at a dotted key, for whoever finds one later: the blueprint, the packer of the team's code."""
        return self._document.problem(self._key_path(path), summary, detail, hint, path=path)

    def get_code_folder(self) -> Path:
        """The team's folder on disk; ConfigError at its line when it is not a folder inside the project."""
        folder = self.root / self.code
        if not folder.is_dir():
            what = "is not a folder" if folder.exists() else "does not exist"
            hint = "create it, or name the folder that holds the team's scripts."
            raise ConfigError.of([self.problem("code", "The code folder is missing.", f"`{self.code}` {what}.", hint)])
        if not folder.resolve().is_relative_to(self.root.resolve()):
            detail = f"`{self.code}` is a link to a folder outside the project."
            raise ConfigError.of([self.problem("code", "The code folder is outside the project.", detail)])
        return folder

    @property
    def is_outdated(self) -> bool:
        """Whether its blueprint has a newer version than the file is written for."""
        return self.blueprint_version < self.latest_version

    @property
    def migrated(self) -> Migrated:
        """The options of an outdated file as the latest version has them."""
        return self._migrated

    @property
    def document(self) -> Document:
        """The file as it is written."""
        return self._document

    @property
    def inherited(self) -> Inherited:
        """Its settings over those of its company."""
        return self._inherited

    def effective(self) -> dict[str, Any]:
        """All settings with their defaults, as values of YAML below `mlops-iac:`, and `aws:region`."""
        options = self.options
        said = options.model_dump(mode="json", by_alias=True) if isinstance(options, BaseModel) else options
        keys = (
            "team",
            "environment",
            "blueprint",
            "blueprint_version",
            "code",
            "security",
            "owner",
            "tags",
            "protect",
            "expires",
            "review",
            "review_key",
            "access",
            "usage",
            "value",
            "waivers",
        )
        plain = self.model_dump(mode="json", include=set(keys), by_alias=True)
        return {REGION: self.region, **{key: plain[key] for key in keys}, "options": said}

    def origin(self, path: KeyPath) -> str:
        """Where a setting's value is from, as `file:line`; empty for a default that nobody wrote."""
        level = self._inherited.origin(path)
        if level is not None:
            group = f" (group {level.group})" if level.group else ""
            return f"{level.place(('defaults', *path))}{group}"
        path = self._in_file(path)
        key = str(path[0]) if ":" in str(path[0]) else f"{PROJECT}:{path[0]}"
        if key in self._merged.inherited:
            return f"{PROJECT_FILE}:{self._merged.inherited[key].line}"
        if not self._document.has(("config", key, *path[1:])):
            return ""
        return f"{self._document.file}:{self._document.line(('config', key, *path[1:]))}"

    def reveal(self, decrypt: Callable[[str], str]) -> dict[str, str]:
        """`config` with its secrets in clear. `decrypt` turns Pulumi's `v1:…` text into the value."""
        return {
            key: pulumi_values.reveal(value, decrypt) if key in self.secret_keys - self.in_clear else value
            for key, value in self.config.items()
        }

    def _key_path(self, path: str) -> KeyPath:
        if not path:
            return ()
        head = path.split(".", 1)[0]
        if ":" not in head:
            path = _ENVELOPE_KEYS.get(path, f"{PROJECT}:{path}")
        config, *rest = self._document.split(path, within=("config",))
        if rest and rest[0] == _OPTIONS:
            rest = [_OPTIONS, *self._migrated.in_file(tuple(rest[1:]))]
        return (config, *rest)

    def _in_file(self, path: KeyPath) -> KeyPath:
        """A setting's path as the file has it: options of an older version have other names there."""
        return ("options", *self._migrated.in_file(tuple(path[1:]))) if path[0] == "options" else path
