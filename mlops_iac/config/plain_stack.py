"""The stack file of an ordinary Pulumi project: settings under any namespace, and nothing that a blueprint asks for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mlops_iac.config import pulumi_values
from mlops_iac.config.document import Document, parse_document
from mlops_iac.config.project import PROJECT, shorten
from mlops_iac.config.project_file import ProjectFile
from mlops_iac.config.project_settings import merge
from mlops_iac.config.text import read_text
from mlops_iac.core.errors import ConfigError, StackNotFound
from mlops_iac.core.suggestions import did_you_mean


@dataclass(frozen=True, kw_only=True)
class Settings:
    """A program's configuration, in Pulumi's flat form."""

    values: Mapping[str, str]
    """Key with its namespace → text; structures are JSON; secrets are encrypted."""
    secret_keys: frozenset[str]
    encryption_salt: str | None
    in_clear: frozenset[str] = frozenset()
    """Secret keys that are written in clear: the project's file says that they are secret."""

    def reveal(self, decrypt: Callable[[str], str]) -> dict[str, str]:
        """With the secrets in clear. ``decrypt`` turns Pulumi's ``v1:…`` text into the value."""
        return {
            key: pulumi_values.reveal(value, decrypt) if key in self.secret_keys - self.in_clear else value
            for key, value in self.values.items()
        }


def is_plain(project: ProjectFile, stack: str) -> bool:
    """Whether a project is not one of ours: neither its name says so, nor a blueprint in the stack's file."""
    if project.name == PROJECT:
        return False
    path = _find(project, stack)
    written = _config_of(_read(project, path)) if path else {}
    return not any(str(key).startswith(f"{PROJECT}:") for key in (*written, *(one.key for one in project.declared)))


def read_settings(project: ProjectFile, stack: str) -> Settings:
    """Raises StackNotFound when the stack has no file, and ConfigError for one that cannot be understood."""
    path = _find(project, stack)
    if path is None:
        there = sorted(file.name[len("Pulumi.") : -len(".yaml")] for file in project.stacks.glob("Pulumi.*.yaml"))
        place = (project.stacks / f"Pulumi.{shorten(stack)}.yaml").relative_to(project.root)
        hint = did_you_mean(stack, there) if there else "write it, with `config:` and `aws:region` in it."
        raise StackNotFound("No such stack.", f"There is no {place}.", hint=hint)
    document = _read(project, path)
    if document.problems:
        raise ConfigError.of(document.problems)
    _refuse_other_secrets(document)
    written = {key if ":" in key else f"{project.name}:{key}": value for key, value in _config_of(document).items()}
    merged = merge(project.declared, document, written)
    config = {key: value for key, value in merged.values.items() if value is not None}
    return Settings(
        values={key: pulumi_values.flatten(value) for key, value in config.items()},
        secret_keys=pulumi_values.secret_keys(config) | merged.declared_secret,
        in_clear=merged.declared_secret,
        encryption_salt=document.values.get("encryptionsalt"),
    )


def _find(project: ProjectFile, stack: str) -> Path | None:
    """A name that holds a path never reaches the disk."""
    name = f"Pulumi.{stack}.yaml"
    found = [path for path in project.stacks.glob("Pulumi.*.yaml") if path.name == name]
    return found[0] if found else None


def _read(project: ProjectFile, path: Path) -> Document:
    shown = path.relative_to(project.root).as_posix()
    return parse_document(read_text(path, project.root, shown), shown)


def _config_of(document: Document) -> dict[str, Any]:
    config = document.values.get("config") if isinstance(document.values, dict) else None
    return config if isinstance(config, dict) else {}


def _refuse_other_secrets(document: Document) -> None:
    key = next((key for key in ("secretsprovider", "encryptedkey") if document.values.get(key)), None)
    if key and document.values.get("secretsprovider") != "passphrase":
        problem = document.problem(
            (key,),
            "These secrets cannot be read here.",
            f"`{key}` says that a service keeps the key; the embedded engine knows passphrases only.",
            "`pulumi stack change-secrets-provider passphrase`, or deploy with `--cloud aws`.",
        )
        raise ConfigError.of([problem])
