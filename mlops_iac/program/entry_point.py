"""Runs a project's ``__main__.py`` as Python would, in this process, as often as an operation asks for it.

Pulumi's language host starts a Python for each run (pulumi/pulumi, ``sdk/python/cmd/pulumi-language-python-exec``).
Here a run must find nothing that the one before has left: modules of the project are imported anew, because a module
that makes resources when it is imported would make none the second time.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

from mlops_iac.core.errors import BlueprintError

_INSTALLED = ("site-packages", "dist-packages")

_others: frozenset[str] | None = None
"""Modules that were there before the first program: whoever imported them keeps them."""


def run_file(file: Path, root: Path) -> None:
    """Run it as ``__main__``. Raises what the program raises; BlueprintError for a module that is not installed, and
    for a program that ends itself with a failure."""
    import runpy

    global _others
    _others = frozenset(sys.modules) if _others is None else _others
    with _on_path(file.parent), _imported_anew(root):
        try:
            runpy.run_path(str(file), run_name="__main__")
        except ModuleNotFoundError as error:
            if error.name is None or error.name.partition(".")[0] == "mlops_iac":
                raise
            raise _not_installed(error, file, root) from error
        except SystemExit as ending:
            if ending.code not in (None, 0):
                raise BlueprintError(
                    "The program ended itself.", f"`{file.name}` called `exit` with {ending.code!r}."
                ) from None


def _not_installed(error: ModuleNotFoundError, file: Path, root: Path) -> BlueprintError:
    package = str(error.name).partition(".")[0]
    return BlueprintError(
        "The program imports what is not installed.",
        f"`{file.relative_to(root)}` needs the module `{error.name}`, and {sys.executable} has none.",
        hint=f"install it there, say with `{sys.executable} -m pip install {package.replace('_', '-')}`: the embedded"
        " engine runs the program in its own Python.",
    )


@contextlib.contextmanager
def _on_path(folder: Path) -> Iterator[None]:
    """First on the path while the program runs; last afterwards, for what its functions import later."""
    place = str(folder)
    sys.path.insert(0, place)
    try:
        yield
    finally:
        sys.path.remove(place)
        if place not in sys.path:
            sys.path.append(place)


@contextlib.contextmanager
def _imported_anew(root: Path) -> Iterator[None]:
    """Modules of the project that are there now are out of sight, and there again afterwards: another run, beside
    which this one is only a rehearsal, may still be using them."""
    hidden = {name: module for name, module in list(sys.modules.items()) if _is_own(name, module, root)}
    for name in hidden:
        del sys.modules[name]
    try:
        yield
    finally:
        sys.modules.update(hidden)


def _is_own(name: str, module: ModuleType | None, root: Path) -> bool:
    """Whether a module is the program's: not installed there, and not ours in a checkout of ours."""
    place = getattr(module, "__file__", None)
    if not place or name in (_others or ()) or name.partition(".")[0] == "mlops_iac":
        return False
    path = Path(place)
    return path.is_relative_to(root) and not any(part in _INSTALLED for part in path.parts)
