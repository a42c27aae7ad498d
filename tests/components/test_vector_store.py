"""The vector store: encrypted, closed to other accounts; and the code of what fills it and asks it."""

from __future__ import annotations

import importlib
import io
import json
from typing import Any

import pytest

from mlops_iac.components.vector_store import VectorStore, VectorStoreArgs
from mlops_iac.components.vector_store import index_function as indexing
from mlops_iac.components.vector_store import retrieve_function as retrieving
from mlops_iac.core.errors import BlueprintError
from tests.components.world import Made, Neighbours, World, run, site


def make(profile: str = "standard", **more: Any) -> World:
    def program() -> None:
        n = Neighbours.make(site(profile))
        VectorStore(n.site.named("vectors"), VectorStoreArgs(**{"dimension": 64, "key": n.encryption.ref, **more}))

    return run(program)


def one(world: World, kind: str) -> Made:
    (found,) = world.of(f"aws:s3/vectors{kind}:Vectors{kind}")
    return found


def test_bucket_and_index_are_encrypted_with_the_environments_key() -> None:
    for kind in ("VectorBucket", "Index"):
        (encryption,) = one(make(), kind).inputs["encryptionConfigurations"]
        assert encryption["sseType"] == "aws:kms"
        assert ":key/" in encryption["kmsKeyArn"]


def test_under_sandbox_s3_manages_the_encryption() -> None:
    assert one(make("sandbox"), "Index").inputs["encryptionConfigurations"] == [{"sseType": "AES256"}]


def test_vectors_are_protected_under_regulated_only() -> None:
    assert {one(make("regulated"), kind).protect for kind in ("VectorBucket", "Index")} == {True}
    assert one(make("regulated"), "VectorBucket").inputs["forceDestroy"] is False
    assert one(make(), "Index").protect is False


def test_nobody_of_another_account_reads_vectors() -> None:
    statements = one(make(), "VectorBucketPolicy").document("policy")["Statement"]
    (strangers,) = [each for each in statements if each["Sid"] == "OwnAccountOnly"]
    assert strangers["Effect"] == "Deny"
    assert "s3vectors:QueryVectors" in strangers["Action"]
    assert strangers["Condition"] == {"StringNotEquals": {"aws:PrincipalAccount": "123456789012"}}


def test_the_key_lets_s3_vectors_keep_indexes_in_order_where_it_is_asked_to() -> None:
    from mlops_iac.components.encryption import Encryption, EncryptionArgs

    def services(vectors: bool) -> list[Any]:
        world = run(lambda: Encryption(site().named("key"), EncryptionArgs(vectors=vectors)))
        (key,) = world.of("aws:kms/key:Key")
        return [each["Principal"].get("Service") for each in key.document("policy")["Statement"]]

    assert "indexing.s3vectors.amazonaws.com" in services(True)
    assert "indexing.s3vectors.amazonaws.com" not in services(False)


@pytest.mark.parametrize("wrong", [{"dimension": 0}, {"dimension": 4097}, {"hidden": tuple(map(str, range(11)))}])
def test_what_s3_vectors_would_refuse_is_refused_before(wrong: dict[str, Any]) -> None:
    with pytest.raises(BlueprintError):
        make(**wrong)


# What fills it -------------------------------------------------------------------------------------------------------


class Clients:
    """boto3 of a function: a lake, a store, and an endpoint whose model was made by a run."""

    class exceptions:
        class NoSuchKey(Exception):
            pass

        class ClientError(Exception):
            pass

        class ValidationException(Exception):
            pass

    def __init__(self, objects: dict[str, str], serving: str = "") -> None:
        self.objects, self.serving = objects, serving
        self.vectors: dict[str, dict[str, Any]] = {}
        self.breaks_after = 10_000

    def client(self, service: str) -> Clients:
        return self

    def get_paginator(self, name: str) -> Clients:
        return self

    def paginate(self, Bucket: str, Prefix: str) -> list[dict[str, Any]]:
        return [{"Contents": [{"Key": key} for key in self.objects if key.startswith(Prefix)]}]

    def get_object(self, Bucket: str, Key: str) -> dict[str, Any]:
        if Key not in self.objects:
            raise self.exceptions.NoSuchKey
        body = io.BytesIO(self.objects[Key].encode())
        body.iter_lines = lambda chunk_size: iter(self.objects[Key].encode().splitlines())  # type: ignore[attr-defined]
        return {"Body": body}

    def put_object(self, Bucket: str, Key: str, Body: bytes) -> None:
        self.objects[Key] = Body.decode()

    def put_vectors(self, indexArn: str, vectors: list[dict[str, Any]]) -> None:
        if len(self.vectors) >= self.breaks_after:
            raise ConnectionError("broken off")
        self.vectors |= {each["key"]: each for each in vectors}

    def delete_vectors(self, indexArn: str, keys: list[str]) -> None:
        for key in keys:
            self.vectors.pop(key, None)

    def query_vectors(self, **asked: Any) -> dict[str, Any]:
        version = asked["filter"]["version"]["$eq"]
        found = [each for each in self.vectors.values() if each["metadata"]["version"] == version][: asked["topK"]]
        return {"vectors": [{"distance": 0.25, "metadata": each["metadata"]} for each in found]}

    def describe_endpoint(self, EndpointName: str) -> dict[str, Any]:
        if not self.serving:
            raise self.exceptions.ClientError("Could not find endpoint")
        return {"EndpointConfigName": "c"}

    def describe_endpoint_config(self, EndpointConfigName: str) -> dict[str, Any]:
        return {"ProductionVariants": [{"ModelName": "m"}]}

    def describe_model(self, ModelName: str) -> dict[str, Any]:
        return {"PrimaryContainer": {"ModelPackageName": "p"}}

    def describe_model_package(self, ModelPackageName: str) -> dict[str, Any]:
        archive = f"s3://lake/models/{self.serving}/job/output/model.tar.gz"
        return {"InferenceSpecification": {"Containers": [{"ModelDataUrl": archive}]}}


SETTINGS = {
    "index": "arn:i", "bucket": "lake", "endpoint": "e", "top": 3, "keep": 2,
    "ledger": "models/vectors/main.json", "answers": "models/{run}/index/",
}  # fmt: skip


def index(clients: Clients, run: str, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    monkeypatch.setattr(importlib, "import_module", lambda name: clients)
    event = {
        "run": run, "vectors": "s3://lake/features/vectors/", "questions": "s3://lake/features/questions/",
        "settings": json.dumps(SETTINGS),
    }  # fmt: skip
    return indexing.handler(event, None)


def lake(count: int = 3) -> dict[str, str]:
    lines = [json.dumps({"vector": [n, 1], "metadata": {"source": f"d{n}"}}) for n in range(count)]
    question = json.dumps({"vector": [1, 0], "question": "Why?", "expected": ["d0"]})
    return {"features/vectors/v.jsonl": "\n".join(lines), "features/questions/q.jsonl": f"{question}\n\n"}


def test_a_runs_vectors_are_a_version_and_its_questions_are_asked_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    clients = Clients(lake())
    assert index(clients, "r1", monkeypatch) == {"version": "r1", "vectors": "3", "questions": "1"}
    assert clients.vectors["r1/00000002"]["metadata"] == {"source": "d2", "version": "r1"}
    (answer,) = map(json.loads, clients.objects["models/r1/index/answers.jsonl"].splitlines())
    assert (answer["question"], answer["expected"], len(answer["found"])) == ("Why?", ["d0"], 3)
    assert "vector" not in answer


def test_the_newest_versions_stay_and_the_one_that_serves(monkeypatch: pytest.MonkeyPatch) -> None:
    clients = Clients(lake())
    for name in ("r1", "r2", "r3", "r4", "r5"):
        clients.serving = "r1" if name != "r1" else ""
        index(clients, name, monkeypatch)
    assert {key.split("/")[0] for key in clients.vectors} == {"r1", "r3", "r4", "r5"}


def test_what_a_call_left_that_broke_off_is_taken_out_by_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    clients = Clients(lake(1200))
    clients.breaks_after = 1000
    with pytest.raises(ConnectionError):
        index(clients, "r1", monkeypatch)
    assert len(clients.vectors) == 1000
    clients.breaks_after, clients.objects = 10_000, {**clients.objects, **lake(2)}
    index(clients, "r2", monkeypatch)
    assert {*clients.vectors} == {"r2/00000000", "r2/00000001"}


def test_no_vectors_make_no_version(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(indexing.NothingToIndex, match="No vector lies in s3://lake/features/vectors/"):
        index(Clients({"features/vectors/v.jsonl": ""}), "r1", monkeypatch)


def test_a_line_that_is_no_vector_is_told_with_its_place(monkeypatch: pytest.MonkeyPatch) -> None:
    objects = {"features/vectors/v.jsonl": '{"vector": [1, 0]}\n{"vector": "no"}'}
    with pytest.raises(indexing.BadVector, match=r"features/vectors/v\.jsonl:2"):
        index(Clients(objects), "r1", monkeypatch)


# What asks it --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("event", "says"),
    [
        ({}, "`question` is a text that is not empty"),
        ({"question": " "}, "not empty"),
        ({"question": "x" * 10_001}, "has 10001 characters"),
        ({"question": "Why?", "top": 0}, "`top` is 0"),
        ({"question": "Why?", "top": 101}, "from 1 to 100"),
        ({"question": "Why?", "top": True}, "`top` is True"),
        ({"question": "Why?", "filter": "a"}, "`filter` is an object"),
    ],
)
def test_what_cannot_be_asked_is_answered_with_the_reason(event: dict[str, Any], says: str) -> None:
    told = retrieving.handler(event, None)
    assert told["error"] == "BadRequest"
    assert says in told["message"]


def test_a_score_is_the_cosine_or_falls_with_the_distance() -> None:
    found = {"distance": 0.25, "metadata": {"text": "A cat.", "source": "cats.md", "version": "r1"}}
    shown = retrieving.shown(found, "cosine")
    assert shown == {"score": 0.75, "distance": 0.25, "text": "A cat.", "metadata": {"source": "cats.md"}}
    assert retrieving.shown({**found, "distance": 3.0}, "euclidean")["score"] == 0.25


class Guarding:
    """bedrock-runtime, with an answer."""

    def __init__(self, action: str, text: str, found: str) -> None:
        self.answer = {
            "action": action,
            "outputs": [{"text": text}],
            "assessments": [{"sensitiveInformationPolicy": {"regexes": [{"action": found}], "piiEntities": []}}],
        }

    def client(self, service: str) -> Guarding:
        return self

    def apply_guardrail(self, **asked: Any) -> dict[str, Any]:
        return self.answer


def test_a_guardrail_takes_out_or_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    assert retrieving.guarded("T-1234", "INPUT") == "T-1234", "without one nothing is asked"
    monkeypatch.setenv("GUARDRAIL", "g")
    monkeypatch.setattr(importlib, "import_module", lambda name: Guarding("GUARDRAIL_INTERVENED", "{t}", "ANONYMIZED"))
    assert retrieving.guarded("T-1234", "INPUT") == "{t}"
    monkeypatch.setattr(importlib, "import_module", lambda name: Guarding("GUARDRAIL_INTERVENED", "No.", "BLOCKED"))
    assert retrieving.guarded("T-1234", "OUTPUT") == "No."
    with pytest.raises(retrieving.Refused, match=r"No\."):
        retrieving.guarded("T-1234", "INPUT")
