"""Ask an environment's documents: which chunks answer a question."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from mlops_iac.clients import Clients
from mlops_iac.core.environment import Environment
from mlops_iac.core.errors import RunError, UsageError
from mlops_iac.core.strict_json import read_json
from mlops_iac.runs.calls import calling

SERVICE: Final = "retrieval"
"""The capability in the environment's service catalogue."""
MOST: Final = 100
"""Chunks of an answer, at most: S3 Vectors' limit of ``topK``."""
LONGEST: Final = 10_000
"""Characters of a question."""


@dataclass(frozen=True)
class Chunk:
    score: float
    """1 is the nearest that can be: the cosine, or what falls with the distance."""
    distance: float
    text: str
    metadata: Mapping[str, Any]

    @property
    def source(self) -> str:
        return str(self.metadata.get("source", ""))


@dataclass(frozen=True)
class Retrieved:
    question: str
    version: str
    """The run whose documents answer."""
    chunks: tuple[Chunk, ...]

    def to_json(self) -> dict[str, Any]:
        chunks = [
            {
                "score": one.score, "distance": one.distance, "source": one.source, "text": one.text,
                "metadata": dict(one.metadata),
            }
            for one in self.chunks
        ]  # fmt: skip
        return {"question": self.question, "version": self.version, "chunks": chunks}


def retrieve(
    environment: Environment,
    clients: Clients,
    question: str,
    *,
    top: int = 5,
    filter: Mapping[str, Any] | None = None,
) -> Retrieved:
    """The ``top`` chunks that are nearest to a question, nearest first; ``filter`` is one of S3 Vectors' on metadata.

    Raises UsageError for a question that cannot be asked, RunError where nothing answers yet.
    """
    check(question, top)
    function = _function(environment)
    payload = {"question": question, "top": top, **({"filter": dict(filter)} if filter else {})}
    with calling("lambda:Invoke", function):
        answer = clients("lambda").invoke(FunctionName=function, Payload=json.dumps(payload).encode())
        told = read_json(answer["Payload"].read())
    if answer.get("FunctionError"):
        said = told.get("errorMessage", told) if isinstance(told, dict) else told
        raise RunError("Retrieval failed.", f"{function}: {said}", hint="its log says more, below /aws/lambda/.")
    if "error" in told:
        raise _refused(environment, told)
    chunks = tuple(Chunk(one["score"], one["distance"], one["text"], one["metadata"]) for one in told["chunks"])
    return Retrieved(told["question"], told["version"], chunks)


def check(question: str, top: int) -> None:
    """What can be seen here need not be found out there."""
    if not question.strip():
        raise UsageError("Question is empty.", "There is nothing to look for.", hint="ask in words: `How …?`")
    if len(question) > LONGEST:
        detail = f"It has {len(question):,} characters; at most {LONGEST:,} are allowed."
        raise UsageError("Question is too long.", detail, hint="ask for one thing at a time.")
    if not 1 <= top <= MOST:
        detail = f"--top is {top}; it may be 1 to {MOST}."
        raise UsageError("Value out of range.", detail, hint=f"S3 Vectors answers with {MOST} chunks at most.")


def _function(environment: Environment) -> str:
    service = environment.services.get(SERVICE)
    if service is None:
        raise RunError(
            "Environment answers no questions.",
            f"{environment.stack} has no vector store; its blueprint is `{environment.blueprint}`.",
            hint="`mlops-iac blueprint show rag` shows one that has.",
        )
    return service.endpoint


def _refused(environment: Environment, told: Mapping[str, str]) -> Exception:
    pipeline = next(iter(environment.pipelines), "training")
    again = f"`mlops-iac run {environment.stack} {pipeline} --follow`"
    code, message = told["error"], told["message"]
    if code == "NoModel":
        detail = "The documents answer after the first run that passes its gate."
        return RunError("No documents answer yet.", detail, hint=again)
    if code == "NoVectors":
        return RunError("The documents are gone from the store.", message, hint=f"{again} puts them there again.")
    if code == "NoWords":
        return RunError("Nothing is near the question.", message, hint="ask in the documents' words.")
    if code == "Guarded":
        return RunError("The guardrail blocks the question.", message, hint="ask without what it blocks.")
    if code == "BadModel":
        return RunError("Model does not make vectors.", message, hint="correct inference.py and run the pipeline.")
    return UsageError("Question cannot be asked.", message, hint="correct the question, --top or --filter.")
