"""What other packages add to this one, by entry points: ``mlops_iac.blueprints`` and its like.

A package says so in its own pyproject.toml::

    [project.entry-points."mlops_iac.blueprints"]
    churn-nightly = "acme_mlops.churn:ChurnNightly"

Only packages that are installed in the interpreter's own folders are asked. A folder that merely lies on the path, a
project's among them, is not: a stranger's pull request cannot add code by a file that looks like a package's record.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from mlops_iac.core.errors import BlueprintError, MlopsError

if TYPE_CHECKING:
    from importlib.metadata import Distribution


@dataclass(frozen=True, kw_only=True)
class Plugin:
    """One thing that a package offers. Nothing of the package is imported before `load`."""

    group: str
    name: str
    address: str
    """``module:Class``."""
    distribution: str
    """What offers it: ``acme-mlops``."""
    version: str
    clash: str = ""
    """Who else offers this name, in words. Left out: nobody."""
    needs: str = ""
    """The versions of mlops-iac that it works with: ``>=0.3,<1``. Left out: any."""

    @property
    def package(self) -> str:
        """For people: ``acme-mlops 1.2``."""
        return f"{self.distribution} {self.version}"

    @property
    def told(self) -> str:
        """For the detail of an error."""
        return f"`{self.name}` of package {self.package} ({self.address})"

    def load(self) -> Any:
        """The thing itself. BlueprintError names the package when its name is taken, when it is for another version of
        mlops-iac, or when it cannot be imported."""
        if self.clash:
            raise BlueprintError(
                "Two packages offer one name.",
                f"`{self.name}` is offered by {self.package} and by {self.clash}.",
                hint=f"uninstall one of them, or ask the authors of {self.distribution} for another name.",
            )
        self._check_version()
        from importlib import import_module

        module, _, attribute = self.address.partition(":")
        try:
            return functools.reduce(getattr, filter(None, attribute.split(".")), import_module(module))
        except (Exception, SystemExit) as error:  # whatever a stranger's module raises
            raise self.broken(error) from error

    def _check_version(self) -> None:
        """An installer would not have put it beside this version; one that was told not to look did."""
        if not self.needs:
            return
        from packaging.specifiers import SpecifierSet

        from mlops_iac import __version__

        if not SpecifierSet(self.needs).contains(__version__, prereleases=True):
            raise BlueprintError(
                "A package is for another version.",
                f"{self.told} works with mlops-iac {self.needs}; this is {__version__}.",
                hint=f"install a version of {self.distribution} for mlops-iac {__version__}, or upgrade mlops-iac.",
            )

    def broken(self, error: BaseException) -> BlueprintError:
        return BlueprintError(
            "A package cannot be loaded.",
            f"{self.told}: {type(error).__name__}: {error}.",
            hint=f"mend or upgrade {self.distribution}, or uninstall it.",
        )


@dataclass(frozen=True, kw_only=True)
class Member:
    """One of a family, as a list shows it. A broken one is told, and keeps nobody from the others."""

    name: str
    plugin: Plugin | None
    """None: it is ours."""
    thing: Any = None
    problem: MlopsError | None = None

    @property
    def package(self) -> str | None:
        return self.plugin.package if self.plugin else None


@dataclass(frozen=True, kw_only=True)
class Family:
    """Things of one kind: ours in a visible table, and those that installed packages add."""

    noun: str
    """``blueprint``."""
    group: str
    """The entry point group: ``mlops_iac.blueprints``."""
    ours: Mapping[str, str]
    """Name to ``module:Class``, sorted."""
    accept: Callable[[str, Any], Any]
    """Makes a member of a name and of what its address leads to. Raises ValueError with why it is none."""
    contract: str
    """Where it is written what a member offers, for hints."""

    def sources(self) -> dict[str, Plugin | None]:
        """Every name that can be had, sorted, with the package that offers it; None stands for this one."""
        added = {plugin.name: plugin for plugin in self.added() if plugin.name not in self.ours}
        return dict(sorted({**dict.fromkeys(self.ours), **added}.items()))

    def added(self) -> list[Plugin]:
        """Everything that packages offer, usable or not, by name and package."""
        found = sorted(find_plugins(self.group), key=lambda plugin: (plugin.name, plugin.distribution))
        return [replace(plugin, clash=self._other(plugin, found)) for plugin in found]

    def _other(self, plugin: Plugin, found: list[Plugin]) -> str:
        if plugin.name in self.ours:
            return "this package itself"
        return next((one.package for one in found if one.name == plugin.name and one is not plugin), "")

    def find(self, name: str) -> Any | None:
        """The member, or None when there is none of this name. Packages are asked only for what is not ours."""
        if name in self.ours:
            module, _, kind = self.ours[name].partition(":")
            from importlib import import_module

            return self.accept(name, getattr(import_module(module), kind))
        plugin = self.sources().get(name)
        return None if plugin is None else self._accepted(plugin)

    def members(self) -> Iterator[Member]:
        """Every one of them, loaded: ours and packages', by name, then what packages offer under names of ours."""
        for name, plugin in self.sources().items():
            yield self._member(name, plugin)
        yield from (member for member in self.strangers() if member.name in self.ours)

    def strangers(self) -> Iterator[Member]:
        """Everything that packages offer, loaded; nothing of ours is."""
        yield from (self._member(plugin.name, plugin) for plugin in self.added())

    def _member(self, name: str, plugin: Plugin | None) -> Member:
        try:
            return Member(name=name, plugin=plugin, thing=self._accepted(plugin) if plugin else self.find(name))
        except BlueprintError as problem:
            return Member(name=name, plugin=plugin, problem=problem)

    def _accepted(self, plugin: Plugin) -> Any:
        """A package's member, if it is one."""
        loaded = plugin.load()
        try:
            return self.accept(plugin.name, loaded)
        except ValueError as error:
            raise BlueprintError(
                "A package's offer is not what it says.",
                f"{plugin.told} is no {self.noun}: it {error}.",
                hint=f"{self.contract} says what one offers.",
            ) from error
        except Exception as error:  # whatever a stranger's constructor raises
            raise plugin.broken(error) from error


def find_plugins(group: str) -> Iterator[Plugin]:
    """What installed packages offer in a group; of a package that is installed twice, the one that Python takes."""
    yield from (plugin for plugin in _all_plugins(_looked_at()) if plugin.group == group)


def _looked_at() -> tuple[tuple[str, int], ...]:
    """The folders, each with the moment at which something in it was last installed or removed."""
    return tuple((folder, os.stat(folder).st_mtime_ns) for folder in folders() if os.path.isdir(folder))


@functools.lru_cache(maxsize=1)
def _all_plugins(places: tuple[tuple[str, int], ...]) -> tuple[Plugin, ...]:
    """Of all our groups. Reading what some hundred packages say of themselves takes a tenth of a second."""
    return tuple(_read_plugins([folder for folder, _ in places]))


def _read_plugins(places: list[str]) -> Iterator[Plugin]:
    from importlib.metadata import distributions

    seen: set[str] = set()
    for distribution in distributions(path=places):
        name = distribution.metadata["Name"]
        if name is None or name in seen:  # None: half removed, or damaged
            continue
        seen.add(name)
        points = [point for point in distribution.entry_points if point.group.startswith("mlops_iac.")]
        needs = _needs(distribution) if points else ""
        for point in points:
            yield Plugin(
                group=point.group,
                name=point.name,
                address=point.value,
                distribution=name,
                version=distribution.version,
                needs=needs,
            )


def _needs(distribution: Distribution) -> str:
    """What a package requires of this one; nothing where it says that in a form that nobody can read."""
    from packaging.requirements import InvalidRequirement, Requirement
    from packaging.utils import canonicalize_name

    for text in distribution.requires or ():
        try:
            required = Requirement(text)
        except InvalidRequirement:
            continue
        if canonicalize_name(required.name) == "mlops-iac" and not required.marker:
            return str(required.specifier)
    return ""


def folders() -> list[str]:
    """Where this interpreter's installers put packages: its own folders, and the person's where they are in use."""
    import site

    return [*site.getsitepackages(), *([site.getusersitepackages()] if site.ENABLE_USER_SITE else [])]
