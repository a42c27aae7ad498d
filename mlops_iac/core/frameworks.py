"""Framework versions: AWS's image for each, by region, and what that image holds.

On AWS a team's ``sklearn 1.4-2`` is AWS's own container image. On the embedded cloud it is a virtual environment with
the packages of that image. Both read ``frameworks.json``, which names the source and the date of each fact.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Literal

from mlops_iac.core.errors import ConfigError
from mlops_iac.core.instance_types import Processor
from mlops_iac.core.suggestions import did_you_mean

Purpose = Literal["training", "serving"]

_IMAGE = re.compile(
    r"(?P<account>\d{12})\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.amazonaws\.com(\.cn)?/(?P<repository>[^:@]+):(?P<tag>.+)"
)


@dataclass(frozen=True)
class Framework:
    """One framework in one version: ``sklearn`` ``1.4-2``. Made by `get_framework`."""

    name: str
    version: str
    packages: tuple[str, ...] = ()
    """Pinned requirements, complete: they are installed without dependencies of their own."""
    python: tuple[str, ...] = ()
    """CPython versions that have wheels of all packages: ``("3.11", "3.12")``; none named: any."""
    image_python: str = ""
    """The CPython inside AWS's image; wheels that travel to AWS are made for this one."""
    toolkits: tuple[str, ...] = ()
    """AWS's own packages in the image, of which environments hold stand-ins."""
    processors: tuple[Processor, ...] = ("cpu",)
    """What AWS builds its images for."""
    index: str | None = None
    """A package index to ask besides the default one. None: the default one has everything."""
    cuda: tuple[str, ...] = ()
    """What the default index's build of the framework needs besides, where the index above cannot be reached."""
    launchers: tuple[str, ...] = ()
    """What its image starts a training of several processes with: ``torchrun``, ``mpi``."""

    def __str__(self) -> str:
        return f"{self.name} {self.version}"

    def image(self, region: str, purpose: Purpose = "training", processor: Processor = "cpu") -> str:
        """AWS's image in a region. PyTorch has one image to train with and one to serve with; the others one for both.

        Processing jobs use the training image. Raises ConfigError for a region in which AWS does not offer it, and for
        a processor that it is not built for.
        """
        facts = _facts()["frameworks"][self.name][self.version]
        accounts: Mapping[str, str] = _facts()["accounts"][facts["accounts"]]
        if region not in accounts:
            raise ConfigError(
                "Framework image is not offered in this region.",
                f"AWS has no image of {self} in `{region}`.",
                hint=did_you_mean(region, accounts),
            )
        if processor not in self.processors:
            raise ConfigError(
                "The framework has no image for these machines.",
                f"AWS has images of {self} for {', '.join(self.processors)}, not for {processor}.",
                hint="choose another instance type; pytorch and xgboost have images for GPUs.",
            )
        tag = facts["gpu_tag"] if processor == "gpu" else facts["tag"]
        return f"{_registry(accounts[region], region)}/{facts['repository'][purpose]}:{tag}"


def framework_names() -> tuple[str, ...]:
    return tuple(sorted(_facts()["frameworks"]))


def framework_versions(name: str) -> tuple[str, ...]:
    """Known versions of a framework, newest first; raises ConfigError for an unknown name."""
    frameworks = _facts()["frameworks"]
    if name not in frameworks:
        raise ConfigError(
            "Unknown framework.",
            f"`{name}` is none of: {', '.join(framework_names())}.",
            hint=did_you_mean(name, frameworks),
        )
    return tuple(frameworks[name])


def get_framework(name: str, version: str) -> Framework:
    """The framework in this version; raises ConfigError that lists what is known."""
    versions = framework_versions(name)
    if version not in versions:
        raise ConfigError(
            "Unknown framework version.",
            f"`{name}` has no version `{version}` here; it may be: {', '.join(versions)}.",
            hint=did_you_mean(version, versions),
        )
    facts = _facts()["frameworks"][name][version]
    return Framework(
        name=name,
        version=version,
        packages=tuple(facts["packages"]),
        python=tuple(facts["python"]),
        image_python=facts["image_python"],
        toolkits=tuple(facts.get("toolkits", ())),
        processors=("cpu", "gpu") if "gpu_tag" in facts else ("cpu",),
        index=facts.get("index"),
        cuda=tuple(facts.get("cuda", ())),
        launchers=tuple(facts.get("launchers", ())),
    )


def frameworks_of(options: Any) -> tuple[Framework, ...]:
    """The frameworks that a blueprint's options ask for: its ``framework``, when it has one that is known."""
    asked = getattr(options, "framework", None)
    if asked is None:
        return ()
    return (get_framework(asked.name, asked.version),)


def find_framework(image_uri: str) -> Framework | None:
    """The framework that one of AWS's image URIs stands for, in any region; None for any other image."""
    match = _IMAGE.fullmatch(image_uri)
    if not match:
        return None
    for name, versions in _facts()["frameworks"].items():
        for version, facts in versions.items():
            known = match["repository"] in facts["repository"].values() and match["tag"] in (
                facts["tag"],
                facts.get("gpu_tag"),
            )
            account = _facts()["accounts"][facts["accounts"]].get(match["region"])
            if known and account == match["account"]:
                return get_framework(name, version)
    return None


def deep_learning_registry(region: str) -> str:
    """Where AWS keeps its deep learning containers for a region."""
    return _registry(_facts()["accounts"]["deep-learning"][region], region)


def _registry(account: str, region: str) -> str:
    domain = "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"
    return f"{account}.dkr.ecr.{region}.{domain}"


@cache
def _facts() -> dict[str, Any]:
    facts: dict[str, Any] = json.loads(files("mlops_iac.core").joinpath("frameworks.json").read_text("utf-8"))
    return facts
