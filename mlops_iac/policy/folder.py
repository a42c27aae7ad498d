"""A company's own policies: a folder of the project, one Python file a policy.

Only the company's file names it, and it lies inside the project: a change of a stack's file adds no code.
"""

from __future__ import annotations

import importlib.util
import inspect
import sys
from collections.abc import Iterator
from pathlib import Path

from mlops_iac.policy.policy import Example, Policy
from mlops_iac.policy.table import accept


class NoPolicy(Exception):
    """A file that holds no usable policy; its words say why."""


def list_files(folder: Path) -> list[Path]:
    """Each file that has to hold a policy; what begins with `_` helps them."""
    return sorted(path for path in folder.glob("*.py") if not path.name.startswith("_"))


def load_file(path: Path) -> Policy:
    """The policy in a file. Raises NoPolicy when there is none, or one that its own examples contradict."""
    found = [kind for kind in _kinds(path) if not inspect.isabstract(kind)]
    if len(found) != 1:
        names = ", ".join(kind.__name__ for kind in found) or "none"
        raise NoPolicy(f"A file holds one class of `mlops_iac.policy.Policy`; it holds {names}.")
    try:
        policy = accept("", found[0])
    except ValueError as error:
        raise NoPolicy(f"`{found[0].__name__}` {error}.") from None
    contradicted = next(contradictions(policy), "")
    if contradicted:
        raise NoPolicy(contradicted)
    return policy


def contradictions(policy: Policy) -> Iterator[str]:
    """Examples of a policy that it judges otherwise than they say."""
    for kind, examples in (("breaks", policy.breaks), ("keeps", policy.keeps)):
        if not examples:
            yield f"`{policy.name}` has no example under `{kind}`."
        for number, example in enumerate(examples):
            found = _judge(policy, example)
            if bool(found) != (kind == "breaks"):
                said = f"finds: {'; '.join(found)}" if found else "finds nothing"
                yield f"`{policy.name}` {said} in `{kind}[{number}]`."


def _judge(policy: Policy, example: Example) -> list[str]:
    parameters = {**policy.parameters, **example.parameters}
    return [found.detail for found in policy.check(example.resources[0], example.world, parameters)]


def _kinds(path: Path) -> list[type[Policy]]:
    """Its own classes. The module is nobody's to import: its name is not a package's."""
    name = f"_mlops_iac_policy_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise NoPolicy("It is no Python file.")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:  # whatever their module raises
        raise NoPolicy(f"{type(error).__name__}: {error}") from error
    finally:
        del sys.modules[name]
    return [
        thing
        for thing in vars(module).values()
        if isinstance(thing, type) and issubclass(thing, Policy) and thing.__module__ == name
    ]
