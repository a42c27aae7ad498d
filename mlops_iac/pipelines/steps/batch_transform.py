"""A step that scores a folder of the lake with a model, record by record, on machines that are there for it only."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from mlops_iac.core.record_filter import parse_filter
from mlops_iac.pipelines.names import Word
from mlops_iac.pipelines.references import FromStep, Source
from mlops_iac.pipelines.steps.step import Bind, Folder, JobStep, KeyOf, Machines, Made, Output, Read


def _filter(text: str) -> str:
    parse_filter(text)
    return text


Filter = Annotated[str, StringConstraints(max_length=63), AfterValidator(_filter)]
"""A part of a record: `mlops_iac.core.record_filter`."""
ContentType = Annotated[str, StringConstraints(min_length=1, max_length=256)]


class BatchTransformStep(JobStep):
    """Each file below the data becomes a file of the same name and ``.out`` below the output ``scores``."""

    kind: ClassVar[str] = "batch_transform"
    repeatable: ClassVar[bool] = False

    model: FromStep | Literal["champion"]
    """A package that a register step made, a model that a training step made, or ``champion``: the version of the
    registry that was approved last, looked up when the step starts."""
    registry: Word = "main"
    """The champion's registry, by its name in the environment."""
    data: Source
    """The folder to score."""
    zone: Word = "curated"
    """The lake's zone that scores go to, under the run's id."""
    folder: Folder | None = None
    """Folder of the scores in the run's own. Left out: the step's name."""
    content_type: ContentType = "text/csv"
    """Of the data: ``text/csv``, ``application/jsonlines``, ``application/json`` or what the model's server takes."""
    accept: ContentType | None = None
    """What the model is to answer. Left out: the data's content type."""
    split: Literal["line", "none"] = "line"
    """How a file falls into records: by ``line``, or not at all."""
    strategy: Literal["multi", "single"] = "multi"
    """Records of a request: as many as fit into ``max_payload_mb``, or one."""
    max_payload_mb: int = Field(default=6, ge=0, le=100)
    """Most MB of a request; 0: no limit."""
    max_concurrent: int | None = Field(default=None, ge=1)
    """Requests that one instance gets at the same time. Left out: SageMaker's choice. With ``max_payload_mb`` at most
    100 MB in all."""
    compression: Literal["none", "gzip"] = "none"
    """Of the data's files."""
    join: bool = False
    """Write each record together with its score: columns of CSV behind the record's own, JSON under
    ``SageMakerOutput``. Data and answer must have one content type."""
    input_filter: Filter = "$"
    """What of a record the model is given, such as ``$[1:]`` for a CSV whose first column is an id."""
    output_filter: Filter = "$"
    """What of the answer, or of the joined record, is written, such as ``$[0,-1]``."""
    job: Machines = Field(default_factory=Machines)
    """Its machines; one file is the work of one of them. SageMaker Pipelines waits until the job ends, however long."""

    @property
    def scores(self) -> Output:
        return Output(zone=self.zone, folder=self.folder or self.name)

    @property
    def answers(self) -> str:
        """The content type of what the model answers."""
        return self.accept or self.content_type

    @property
    def processed(self) -> bool:
        """Whether SageMaker looks into the records."""
        return self.join or (self.input_filter, self.output_filter) != ("$", "$")

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.processed and not any(kind in self.content_type for kind in ("csv", "json")):
            raise ValueError(f"`{self.content_type}` can be neither joined nor filtered; CSV and JSON can")
        if self.processed and self.split == "none" and "csv" in self.content_type:
            raise ValueError("CSV is joined and filtered by line; `split` is none")
        if self.join and self.answers != self.content_type:
            raise ValueError(f"an answer of `{self.answers}` cannot be joined to data of `{self.content_type}`")
        if self.cache and not isinstance(self.model, FromStep):
            raise ValueError("the champion may be another one tomorrow, so scores have no `cache`")
        if self.max_payload_mb * (self.max_concurrent or 1) > 100:
            raise ValueError("`max_payload_mb` times `max_concurrent` is more than 100 MB")
        return self

    def makes(self) -> Mapping[str, Output | Made]:
        return {"scores": self.scores}

    def reads(self) -> Iterator[Read]:
        if isinstance(self.model, FromStep):
            yield Read("model", self.model, ("package", "model"))
        yield Read("data", self.data, ("prefix", "folder"))

    def binds(self) -> Iterator[Bind]:
        yield Bind("registry", "registries", self.registry, changes=False)

    def jobs(self) -> Iterator[Machines]:
        yield self.machines

    def facts(self, key_of: KeyOf) -> Mapping[str, Any]:
        return {"job": "transform", "name_limit": self.name_limit, "settings": self.job.settings}
