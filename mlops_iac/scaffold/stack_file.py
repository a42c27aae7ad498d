"""Writing a new stack file: rendered, read back, and only then kept under its name."""

from __future__ import annotations

import errno
import os
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from types import MappingProxyType
from typing import Any

from pydantic import BaseModel

from mlops_iac.config.company import company_defaults, read_company
from mlops_iac.config.document import parse_document
from mlops_iac.config.envelope import Envelope
from mlops_iac.config.load import check_stack, runs_code
from mlops_iac.config.migrations import latest_version
from mlops_iac.config.project import STACKS, list_stacks, stack_path
from mlops_iac.config.text import read_text
from mlops_iac.core.drafts import draft
from mlops_iac.core.errors import ConfigError, MlopsError
from mlops_iac.scaffold.answers import Answers, check_answers
from mlops_iac.scaffold.option_lines import option_lines
from mlops_iac.scaffold.rendering import render
from mlops_iac.scaffold.stacks_folder import prepare_folder


def new_stack(
    root: Path,
    answers: Answers,
    blueprints: Mapping[str, type[BaseModel]],
    said: Mapping[str, Any] = MappingProxyType({}),
) -> Path:
    """Write `stacks/Pulumi.<stack>.yaml` and return its path. `blueprints` holds each Options model by name; `said`,
    options that the scripts need.

    Never overwrites: ConfigError when the file exists. UsageError when an answer is not allowed. The file is read back
    as `load_stack` reads it before it gets its name, so a file that this wrote always loads. MlopsError when the disk
    does not take it.
    """
    given = asdict(answers)
    if answers.blueprint in blueprints and not runs_code(blueprints[answers.blueprint]):
        del given["code"]
    check_answers(given, tuple(sorted(blueprints)))
    folder = prepare_folder(root)
    target = stack_path(root, answers.stack)
    _refuse_existing(target, answers)
    text = render_stack(answers, blueprints[answers.blueprint], company_defaults(root, answers.stack), said)
    try:
        _write_checked(folder, target, text, root, answers, blueprints)
    except OSError as error:
        raise MlopsError(
            "The stack file cannot be written.",
            f"{STACKS}/{target.name}: {error.strerror}. Nothing was changed.",
            hint="look at the folder's permissions and at the space left on the disk.",
        ) from error
    return target


def render_stack(
    answers: Answers,
    options: type[BaseModel],
    company: Mapping[str, Any] | None = None,
    options_said: Mapping[str, Any] = MappingProxyType({}),
) -> str:
    """The text of a new stack file; what its company says already stands in it as a comment. Pure."""
    about = {key: field.description for key, field in Envelope.model_fields.items()}
    about |= {"region": "The region everything is in."}
    said = {key for key, value in (company or {}).items() if value == getattr(answers, key, None)}
    lines, version = option_lines(options, options_said), latest_version(options)
    return render("stack.yaml", answers=answers, about=about, options=lines, said=said, version=version)


def _refuse_existing(target: Path, answers: Answers) -> None:
    if os.path.lexists(target):
        raise ConfigError(
            "The stack file is already there.",
            f"{STACKS}/{target.name} exists and was not touched.",
            hint=f"edit it, or remove it first; `mlops-iac preview {answers.stack}` shows what it builds.",
        )


def _write_checked(
    folder: Path, target: Path, text: str, root: Path, answers: Answers, blueprints: Mapping[str, type[BaseModel]]
) -> None:
    with draft(folder, text, mode=0o644) as new:
        _read_back(new, root, answers, blueprints)
        _keep(new, target, answers)


def _read_back(new: Path, root: Path, answers: Answers, blueprints: Mapping[str, type[BaseModel]]) -> None:
    """Load the draft as the stack it will be, and compare what was understood with what was answered."""
    shown = f"{STACKS}/Pulumi.{answers.stack}.yaml"
    document = parse_document(read_text(new, root, shown), shown)
    company = read_company(root)
    loaded = check_stack(document, root, answers.stack, list_stacks(root), blueprints.__getitem__, company=company)
    for key in ("team", "environment", "blueprint", "code", "region", "security", "owner"):
        if getattr(loaded, key) != getattr(answers, key):
            raise MlopsError(
                "The new stack file would not say what was answered.", f"`{key}` was changed by writing it."
            )


def _keep(new: Path, target: Path, answers: Answers) -> None:
    # A link fails when the name is taken, also by someone who wrote it a moment ago; a rename would overwrite.
    try:
        os.link(new, target)
    except FileExistsError:
        _refuse_existing(target, answers)
    except OSError as error:
        if error.errno not in (errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP):
            raise
        _copy_exclusively(new, target, answers)


def _copy_exclusively(new: Path, target: Path, answers: Answers) -> None:
    """For file systems without links (FAT, some network shares): still never overwrites."""
    try:
        with target.open("x", encoding="utf-8") as file:
            file.write(new.read_text(encoding="utf-8"))
    except FileExistsError:
        _refuse_existing(target, answers)
    except OSError:
        target.unlink(missing_ok=True)
        raise
