"""A step that puts a run's vectors into a vector store, beside those that answer, and asks it the run's questions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Final

from pydantic import Field

from mlops_iac.pipelines.names import Word
from mlops_iac.pipelines.references import FromStep
from mlops_iac.pipelines.steps.step import Bind, Folder, KeyOf, Made, Output, Read, Step

SECONDS: Final = 900
"""Of the function that does it: Lambda's limit."""


class IndexStep(Step):
    """Its one output, ``answers``, is the folder with ``answers.jsonl``: each question with the vectors that the store
    found nearest, for the script that measures them. The vectors are a version of their own: they answer nobody else
    before the run's model is deployed."""

    kind: ClassVar[str] = "index"

    vectors: FromStep
    """A folder of ``.jsonl`` files: on each line ``vector``, a list of numbers, and ``metadata``, an object."""
    questions: FromStep | None = None
    """A folder of ``.jsonl`` files: on each line ``vector``, and whatever the answers should say again. Left out:
    nothing is asked, and there are no answers."""
    store: Word = "main"
    """By its name in the environment."""
    endpoint: Word = "main"
    """Whose model makes vectors of questions: the version it goes by is kept."""
    top: int = Field(default=10, ge=1, le=100)
    """How many vectors a question is answered with. S3 Vectors gives a hundred at most."""
    keep: int = Field(default=2, ge=1, le=20)
    """How many versions stay in the store, for a rollback: the newest ones. The one that serves stays anyway."""
    zone: Word = "models"
    """The lake's zone that the answers go to, under the run's id."""
    folder: Folder | None = None
    """Folder of the answers in the run's own. Left out: the step's name."""

    @property
    def answers(self) -> Output:
        return Output(zone=self.zone, folder=self.folder or self.name)

    def makes(self) -> Mapping[str, Output | Made]:
        return {"answers": self.answers}

    def reads(self) -> Iterator[Read]:
        yield Read("vectors", self.vectors, ("folder",))
        if self.questions:
            yield Read("questions", self.questions, ("folder",))

    def binds(self) -> Iterator[Bind]:
        yield Bind("store", "vector_stores", self.store)
        yield Bind("endpoint", "endpoints", self.endpoint, changes=False)

    @property
    def seconds(self) -> int:
        return SECONDS

    def facts(self, key_of: KeyOf) -> Mapping[str, Any]:
        return {"store": self.store}
