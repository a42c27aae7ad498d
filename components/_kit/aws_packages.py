"""pulumi_aws's packages, loaded by the class: `from pulumi_aws.ec2 import Vpc` imports what `Vpc` needs and no more.

pulumi_aws makes each of its packages lazy, but the first name that anybody takes from one imports all of it: EC2 alone
is 180 modules. With `load_by_class` a class is looked for in the module that bears its name (`Vpc` in `vpc`); any other
name loads the whole package, as before. Where Pulumi's packages are not lazy, it does nothing.

For tabular-batch that is 328 modules instead of 740: 1.6 of 3.7 s in the first preview after an installation, when
Python still compiles them, 0.3 of 1.2 s in every other, and 29 MB.
"""

from __future__ import annotations

import importlib
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any, Final

_SHARED: Final = frozenset({"_enums", "_inputs", "outputs"})
"""Modules that those of a package import from one another. Without them here, the first would load the package while
it is itself half imported, and the package would be left without its class."""

_PLAIN: Final = frozenset(
    {"__class__", "__dict__", "__doc__", "__file__", "__loader__", "__name__", "__package__", "__path__", "__spec__"}
)
"""What a module has before it is loaded."""


def load_by_class() -> None:
    """Make each package of pulumi_aws that nobody has used yet load its classes one by one. Once is enough."""
    importlib.import_module("pulumi_aws")
    for name, module in sys.modules.copy().items():  # a copy is made at once, whatever other threads import
        lazy = type(module)
        if name.startswith("pulumi_aws.") and lazy is not ModuleType and not issubclass(lazy, _ByClass):
            module.__class__ = type("LazyPackage", (_ByClass, lazy), {})


class _ByClass(ModuleType):
    """A package that is not loaded: a mix-in before Pulumi's own lazy module, which loads all of it."""

    def __getattribute__(self, name: str) -> Any:
        if name in _PLAIN:
            return ModuleType.__getattribute__(self, name)
        if name in _SHARED:
            return importlib.import_module(f"{self.__name__}.{name}")
        module = _find_module(self.__name__, name)
        if module is not None and hasattr(module, name):
            return getattr(module, name)
        with _as_if_never_lazy(self):
            return super().__getattribute__(name)


@contextmanager
def _as_if_never_lazy(package: ModuleType) -> Iterator[None]:
    """Around the loading of a whole package some of whose modules are imported: where a function bears the name of its
    module (`get_role`), the package's name must mean the function."""
    names = package.__dict__
    modules = {name: value for name, value in names.items() if isinstance(value, ModuleType)}
    for name in modules:
        del names[name]
    try:
        yield
    finally:
        for name, module in modules.items():
            names.setdefault(name, module)


def _find_module(package: str, name: str) -> ModuleType | None:
    """The module that a class should be in by its name; None for what is no class, or in another module."""
    if not name[:1].isupper():
        return None
    module = f"{package}.{re.sub('(?<!^)(?=[A-Z])', '_', name).lower()}"
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name != module:
            raise
        return None
