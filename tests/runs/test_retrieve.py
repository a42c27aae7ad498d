"""Asking documents: what is answered, and what is told where nothing can answer."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from typing import Any

import pytest

from mlops_iac.core.environment import Service
from mlops_iac.core.errors import MlopsError, RunError, UsageError
from mlops_iac.runs.retrieve import retrieve
from tests.support.small_environment import make_environment

ARN = "arn:aws:lambda:eu-west-1:123456789012:function:screening-dev-retriever-function"
ENVIRONMENT = replace(make_environment(), services={"retrieval": Service(endpoint=ARN, credentials="caller")})
CHUNK = {"score": 0.9, "distance": 0.1, "text": "A cat.", "metadata": {"source": "cats.md"}}


class Lambda:
    def __init__(self, told: Any, **more: str) -> None:
        self.told, self.more, self.asked = told, more, {}

    def __call__(self, service: str) -> Lambda:
        return self

    def invoke(self, FunctionName: str, Payload: bytes) -> dict[str, Any]:
        self.asked = {"function": FunctionName, **json.loads(Payload)}
        return {"Payload": io.BytesIO(json.dumps(self.told).encode()), **self.more}


def test_chunks_come_with_score_and_source():
    clients = Lambda({"question": "Why?", "version": "r1", "chunks": [CHUNK]})
    found = retrieve(ENVIRONMENT, clients, "Why?", top=3, filter={"source": "cats.md"})
    assert clients.asked == {"function": ARN, "question": "Why?", "top": 3, "filter": {"source": "cats.md"}}
    assert found.version == "r1"
    assert found.to_json()["chunks"] == [{**CHUNK, "source": "cats.md"}]


@pytest.mark.parametrize(
    ("question", "top", "summary"),
    [
        ("  ", 5, "Question is empty."),
        ("x" * 10_001, 5, "Question is too long."),
        ("Why?", 0, "Value out of range."),
        ("Why?", 101, "Value out of range."),
    ],
)
def test_what_cannot_be_asked_is_no_request(question: str, top: int, summary: str):
    with pytest.raises(UsageError, match=summary):
        retrieve(ENVIRONMENT, Lambda({}), question, top=top)


@pytest.mark.parametrize(
    ("code", "kind", "summary", "hint"),
    [
        ("NoModel", RunError, "No documents answer yet.", "mlops-iac run screening-dev training --follow"),
        ("NoVectors", RunError, "The documents are gone from the store.", "mlops-iac run"),
        ("NoWords", RunError, "Nothing is near the question.", "documents' words"),
        ("BadModel", RunError, "Model does not make vectors.", "inference.py"),
        ("BadRequest", UsageError, "Question cannot be asked.", "--filter"),
    ],
)
def test_what_the_function_refuses_says_what_to_do(code: str, kind: type[MlopsError], summary: str, hint: str):
    with pytest.raises(kind) as error:
        retrieve(ENVIRONMENT, Lambda({"error": code, "message": "Because."}), "Why?")
    assert error.value.summary == summary
    assert hint in error.value.hint


def test_a_function_that_fails_is_told_with_its_words():
    with pytest.raises(RunError, match="Retrieval failed") as error:
        retrieve(ENVIRONMENT, Lambda({"errorMessage": "timed out"}, FunctionError="Unhandled"), "Why?")
    assert "timed out" in error.value.detail


def test_an_environment_without_a_vector_store_says_which_blueprint_has_one():
    with pytest.raises(RunError, match="answers no questions") as error:
        retrieve(make_environment(), Lambda({}), "Why?")
    assert "blueprint show rag" in error.value.hint
