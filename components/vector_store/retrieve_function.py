"""The code of a retriever: it runs on AWS Lambda, where boto3 is part of the runtime, and nowhere else.

``{"question": "How …?", "top": 5, "filter": {"source": "guide.txt"}}`` is answered by the chunks that are nearest. The
model that serves makes the vector, and says of which version of the documents it is (`index_function.py`): a vector
means nothing among another model's. So the deployment of a model is the moment at which its documents answer.
"""

from __future__ import annotations

import importlib
import json
import os
from typing import Any

USUAL, MOST = 5, 100
"""Chunks of an answer; more than a hundred S3 Vectors does not give."""
LONGEST = 10_000
"""Characters of a question."""
OWN = ("version", "text")
"""Metadata that an answer shows at its top."""


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """What is asked wrongly is answered with ``error`` and ``message``: a failure would hide it from the caller."""
    try:
        return retrieve(event)
    except Refused as refused:
        return {"error": refused.code, "message": str(refused)}


class Refused(Exception):
    """A request that has no answer, and why."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def retrieve(event: dict[str, Any]) -> dict[str, Any]:
    question, top, wanted = check(event)
    question = guarded(question, "INPUT")
    vector, version = embed(question)
    condition: dict[str, Any] = {"version": {"$eq": version}}
    client = importlib.import_module("boto3").client("s3vectors")
    try:
        found = client.query_vectors(
            indexArn=os.environ["INDEX_ARN"],
            topK=top,
            queryVector={"float32": vector},
            filter={"$and": [condition, wanted]} if wanted else condition,
            returnDistance=True,
            returnMetadata=True,
        )
    except client.exceptions.ValidationException as error:
        raise Refused("BadRequest", str(error)) from error
    chunks = [shown(one, found["distanceMetric"]) for one in found["vectors"]]
    if not chunks and not wanted:
        raise Refused("NoVectors", f"The vectors of version {version}, whose model serves, are gone from the store.")
    for chunk in chunks:
        chunk["text"] = guarded(chunk["text"], "OUTPUT")
    return {"question": question, "version": version, "chunks": chunks}


def check(event: dict[str, Any]) -> tuple[str, int, dict[str, Any] | None]:
    question, top, wanted = event.get("question"), event.get("top", USUAL), event.get("filter")
    if not isinstance(question, str) or not question.strip():
        raise Refused("BadRequest", "`question` is a text that is not empty.")
    if len(question) > LONGEST:
        raise Refused("BadRequest", f"`question` has {len(question)} characters; at most {LONGEST} are allowed.")
    if isinstance(top, bool) or not isinstance(top, int) or not 1 <= top <= MOST:
        raise Refused("BadRequest", f"`top` is {top!r}; it is a number from 1 to {MOST}.")
    if wanted is not None and not isinstance(wanted, dict):
        raise Refused("BadRequest", "`filter` is an object: a filter of S3 Vectors.")
    return question, top, wanted


def guarded(text: str, source: str) -> str:
    """A text as the guardrail leaves it, where there is one. A question that it blocks is refused, a chunk's text is
    replaced by the guardrail's own words."""
    guardrail = os.environ.get("GUARDRAIL")
    if not guardrail or not text:
        return text
    client = importlib.import_module("boto3").client("bedrock-runtime")
    answer = client.apply_guardrail(
        guardrailIdentifier=guardrail, guardrailVersion="DRAFT", source=source, content=[{"text": {"text": text}}]
    )
    if answer["action"] == "NONE":
        return text
    said: str = answer["outputs"][0]["text"]
    if source == "INPUT" and is_blocked(answer["assessments"]):
        raise Refused("Guarded", said)
    return said


def is_blocked(assessments: list[dict[str, Any]]) -> bool:
    """Whether something was blocked, and not only taken out."""
    policies = [policy for one in assessments for policy in one.values() if isinstance(policy, dict)]
    found = [each for policy in policies for each in policy.values() if isinstance(each, list)]
    return any(one.get("action") == "BLOCKED" for each in found for one in each)


def embed(question: str) -> tuple[list[float], str]:
    """The question's vector, and the version of the documents that the model was made with."""
    client = importlib.import_module("boto3").client("sagemaker-runtime")
    body = json.dumps({"texts": [question]}).encode()
    try:
        answer = client.invoke_endpoint(
            EndpointName=os.environ["ENDPOINT"], ContentType="application/json", Accept="application/json", Body=body
        )
    except client.exceptions.ClientError as error:
        if "not found" in str(error) or "Could not find" in str(error):
            raise Refused("NoModel", "No version of the documents serves yet.") from error
        raise
    told = json.loads(answer["Body"].read())
    try:
        vector, version = [float(value) for value in told["vectors"][0]], str(told["version"])
    except (KeyError, IndexError, TypeError, ValueError) as error:
        raise Refused(
            "BadModel", 'inference.py is to answer {"vectors": [[numbers]], "version": the run\'s id}.'
        ) from error
    if not any(vector):
        raise Refused("NoWords", "The question has no word that the documents have.")
    return vector, version


def shown(one: dict[str, Any], metric: str) -> dict[str, Any]:
    """``score``: the cosine, or what falls from 1 to 0 as the distance grows."""
    distance, metadata = one["distance"], one["metadata"]
    score = 1.0 - distance if metric == "cosine" else 1.0 / (1.0 + distance)
    return {
        "score": round(score, 6),
        "distance": distance,
        "text": metadata.get("text", ""),
        "metadata": {name: value for name, value in metadata.items() if name not in OWN},
    }
