"""A blueprint `image-store` of which three releases are known: what a package's authors write from one to the next."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Literal

from pydantic import BaseModel, Field

from mlops_iac.blueprints import BLUEPRINTS
from mlops_iac.config.migrations import (
    DefaultChanged,
    Migration,
    OptionRemoved,
    OptionRenamed,
    ResourceRenamed,
    ValueRenamed,
)
from mlops_iac.config.section import Section
from mlops_iac.core.environment import Environment

TO_2 = Migration(
    why="limits stand together, and images are called containers",
    changes=(
        OptionRenamed(was="keep", now="limits.images"),
        OptionRenamed(was="days", now="untagged_days"),
        ResourceRenamed(was="images", now="containers"),
    ),
)
TO_3 = Migration(
    why="words as ECR has them, and fewer days by default",
    changes=(
        ValueRenamed(option="scan", values={"always": "on-push"}),
        DefaultChanged(option="untagged_days", was=7, now=1),
        OptionRemoved(option="colour", why="nobody saw it"),
    ),
)


class Options1(Section):
    runs_code: ClassVar[bool] = False

    keep: int = Field(default=20, description="Images.")
    days: int = Field(default=7, description="Days.")
    scan: Literal["always", "never"] = Field(default="always", description="When.")
    colour: str = Field(default="red", description="Colour.")


class Limits(Section):
    images: int = Field(default=20, description="Images.")


class Options2(Section):
    runs_code: ClassVar[bool] = False
    migrations: ClassVar[tuple[Migration, ...]] = (TO_2,)

    limits: Limits = Field(default=Limits(), description="Limits.")
    untagged_days: int = Field(default=7, description="Days.")
    scan: Literal["always", "never"] = Field(default="always", description="When.")
    colour: str = Field(default="red", description="Colour.")


class Options3(Section):
    runs_code: ClassVar[bool] = False
    migrations: ClassVar[tuple[Migration, ...]] = (TO_2, TO_3)

    limits: Limits = Field(default=Limits(), description="Limits.")
    untagged_days: int = Field(default=1, description="Days.")
    scan: Literal["on-push", "never"] = Field(default="on-push", description="When.")


class Aging:
    name: ClassVar[str] = "image-store"
    summary: ClassVar[str] = "Images, for a while."
    layers: ClassVar[tuple[str, ...]] = ("registry",)
    Options: ClassVar[type[BaseModel]] = Options3
    component: ClassVar[str] = "containers"

    def pipelines(self, options: Any) -> Sequence[Any]:
        return ()

    def build(self, site: Any, stack: Any, options: Any, pipelines: Sequence[Any]) -> Environment:
        from mlops_iac.components.registry.ecr import ImageRepository, ImageRepositoryArgs

        keep, days = self.limits(options)
        args = ImageRepositoryArgs(keep_images=keep, keep_untagged_days=days)
        ImageRepository(site.named(self.component), args)
        return Environment(
            team=site.team, environment=site.environment, blueprint=self.name, region=site.region,
            account_id=site.account_id, stores={}, pipelines={},
        )  # fmt: skip

    def limits(self, options: Any) -> tuple[int, int]:
        return options.limits.images, options.untagged_days


class Aging1(Aging):
    Options = Options1
    component = "images"

    def limits(self, options: Any) -> tuple[int, int]:
        return options.keep, options.days


class Aging2(Aging):
    Options = Options2


class Careless(Aging):
    """A release that renames its component, and forgot to say so."""

    Options = Options1
    component = "containers"
    limits = Aging1.limits


def release(patch: Any, kind: type[Aging]) -> None:
    """From now on the package has this release of the blueprint."""
    patch.setitem(BLUEPRINTS, "image-store", f"tests.support.aging:{kind.__name__}")


if __name__ == "__main__":  # the command line where the package has the latest release
    from mlops_iac.cli.main import main

    BLUEPRINTS["image-store"] = "tests.support.aging:Aging"  # type: ignore[index]
    main()
