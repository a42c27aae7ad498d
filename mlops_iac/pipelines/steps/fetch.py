"""A step that takes over a model which another environment registered, instead of training one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Final, Literal

from mlops_iac.pipelines.caching import MaybeCache
from mlops_iac.pipelines.references import FromParameter
from mlops_iac.pipelines.steps.processing import ProcessingStep
from mlops_iac.pipelines.steps.shipped import SHARED, ShippedStep
from mlops_iac.pipelines.steps.step import KeyOf, Made, Output, Read

ARCHIVE: Final = "model.tar.gz"
"""The file that SageMaker serves."""

FILES: Final = "files"
"""The output that is the folder in which the archive lies."""


class FetchStep(ShippedStep):
    """Reads the archive from the other environment's lake in this environment's own role, and ends the run when its
    SHA-256 is another one than its registry says.

    Its output ``model`` is a model as a training makes it; ``files`` is the folder where it lies, with
    ``origin.json``. `mlops-iac promote` tells the run what to take.
    """

    kind: ClassVar[str] = "fetch"
    shipped: ClassVar[str] = "mlops_iac_fetch.py"
    makes_one: ClassVar[str] = FILES
    repeatable: ClassVar[bool] = False

    script: Literal["mlops_iac_fetch.py"] = "mlops_iac_fetch.py"
    """It is shipped, and is no team's to change: it is what checks the archive."""
    compute: Literal["sagemaker"] = "sagemaker"
    """The role of the environment's jobs is the one that may read the other lake."""
    cache: MaybeCache = None
    """Left out: what is fetched is checked in every run."""
    package: FromParameter
    """S3 URI of the archive."""
    digest: FromParameter
    """Its SHA-256, in hex."""
    origin: FromParameter
    """Whence it is: `STACK/REGISTRY/VERSION of run RUN`."""

    def inputs(self) -> Mapping[str, Any]:
        return {}

    def processing(self) -> ProcessingStep:
        """The same, without its one input: that lies in another lake, so compilers say where."""
        fields = {name: getattr(self, name) for name in SHARED}
        told = {"digest": self.digest, "origin": self.origin}
        return ProcessingStep(**fields, inputs={}, outputs=self.outputs, arguments=told)

    def makes(self) -> Mapping[str, Output | Made]:
        return {"model": "model", **self.outputs}

    def reads(self) -> Iterator[Read]:
        for name in ("package", "digest", "origin"):
            yield Read(name, getattr(self, name), ("string",))

    def facts(self, key_of: KeyOf) -> Mapping[str, Any]:
        told = {name: getattr(self, name).parameter for name in ("package", "digest", "origin")}
        return {**super().facts(key_of), "told": told}
