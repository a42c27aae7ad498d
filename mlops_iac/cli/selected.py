"""The environment that commands work on when none is named: chosen by `stack select`, kept beside the state.

Nothing that ends or deletes something takes it: what is destroyed is said by its name.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mlops_iac.cli.options import complete_stacks


def selected_file(root: Path) -> Path:
    from mlops_iac.backends.embedded import HOME

    return root / HOME / "selected"


def find_selected(root: Path) -> str | None:
    """None where none was selected, and where what was is no name of a stack."""
    from mlops_iac.config.names import check_stack

    try:
        name = selected_file(root).read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return None
    return None if check_stack(name) else name


def get_selected() -> str:
    """Raises UsageError where none was selected."""
    from mlops_iac.cli.environments import project_root
    from mlops_iac.core.errors import UsageError

    found = find_selected(project_root())
    if found is None:
        raise UsageError(
            "No environment is named.",
            "The command is about one environment, and none was selected.",
            hint="name it, or select one for all commands: `mlops-iac stack select screening-dev`.",
        )
    return found


def select_stack(root: Path, stack: str | None, *, clear: bool) -> None:
    """Raises StackNotFound for one that is neither written nor deployed, and UsageError for both wishes at once."""
    from mlops_iac.cli.standing import unknown_stack
    from mlops_iac.cli.status import stacks_of
    from mlops_iac.core.errors import UsageError
    from mlops_iac.engine.state.files import make_folder, write_file

    file = selected_file(root)
    if stack is None:
        file.unlink(missing_ok=True)
        return
    if clear:
        detail = f"`{stack}` and --clear were both given."
        raise UsageError("Two choices that exclude each other.", detail, hint="give one of them.")
    if stack not in (known := stacks_of(root)):
        raise unknown_stack(stack, known)
    make_folder(file.parent)
    write_file(file, f"{stack}\n")


def fill_in(context: typer.Context, stack: str) -> str:
    """A shell that completes a line is asked nothing."""
    return stack or ("" if context.resilient_parsing else get_selected())


SelectedStackArgument = Annotated[
    str,
    typer.Argument(
        help="The environment, as in stacks/Pulumi.STACK.yaml. Left out: the one that `stack select` chose.",
        default_factory=str,
        callback=fill_in,
        show_default=False,
        autocompletion=complete_stacks,
    ),
]
