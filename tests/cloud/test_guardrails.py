"""Guardrails on the embedded cloud: words and patterns are really applied, what takes a model is refused."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from mlops_iac.cloud import guardrails
from mlops_iac.cloud.server import Install

SAID = {"blockedInputMessaging": "Not to be asked.", "blockedOutputsMessaging": "Not to be shown."}


@pytest.fixture(scope="module")
def installs() -> tuple[Install, ...]:
    return (guardrails.install,)


@pytest.fixture(scope="module")
def made(cloud: Any) -> str:
    patterns = [
        {"name": "ticket", "pattern": r"T-[0-9]{4}", "action": "ANONYMIZE"},
        {"name": "badge", "pattern": r"B[0-9]{6}", "action": "BLOCK"},
    ]
    found: str = cloud.clients()("bedrock").create_guardrail(
        name="library", wordPolicyConfig={"wordsConfig": [{"text": "project nightingale"}]},
        sensitiveInformationPolicyConfig={"regexesConfig": patterns}, **SAID,
    )["guardrailId"]  # fmt: skip
    return found


def apply(cloud: Any, guardrail: str, text: str, source: str = "INPUT") -> dict[str, Any]:
    found: dict[str, Any] = cloud.clients()("bedrock-runtime").apply_guardrail(
        guardrailIdentifier=guardrail, guardrailVersion="DRAFT", source=source, content=[{"text": {"text": text}}]
    )
    return found


def test_a_text_without_what_is_looked_for_passes(cloud: Any, made: str) -> None:
    found = apply(cloud, made, "What is a nightingale? Nothing about projects.")
    assert (found["action"], found["outputs"], found["assessments"]) == ("NONE", [], [])


def test_a_word_blocks_in_any_case_and_only_as_a_whole(cloud: Any, made: str) -> None:
    found = apply(cloud, made, "Tell me of Project Nightingale!")
    assert found["action"] == "GUARDRAIL_INTERVENED"
    assert found["outputs"] == [{"text": "Not to be asked."}]
    assert found["assessments"][0]["wordPolicy"]["customWords"][0]["match"] == "Project Nightingale"
    assert apply(cloud, made, "Project Nightingales")["action"] == "NONE"
    assert apply(cloud, made, "project nightingale", "OUTPUT")["outputs"] == [{"text": "Not to be shown."}]


def test_a_pattern_is_taken_out_or_blocks(cloud: Any, made: str) -> None:
    assert apply(cloud, made, "See T-1234 and T-9999.")["outputs"] == [{"text": "See {ticket} and {ticket}."}]
    assert apply(cloud, made, "Badge B123456")["outputs"] == [{"text": "Not to be asked."}]


def test_what_takes_a_model_is_kept_and_applying_it_is_refused(cloud: Any) -> None:
    client = cloud.clients()("bedrock")
    content = {"filtersConfig": [{"type": "HATE", "inputStrength": "HIGH", "outputStrength": "HIGH"}]}
    number = client.create_guardrail(name="modelled", contentPolicyConfig=content, **SAID)["guardrailId"]
    with pytest.raises(ClientError, match="no content filters"):
        apply(cloud, number, "Hello")


def test_a_guardrail_of_nothing_and_a_broken_pattern_are_refused(cloud: Any) -> None:
    client = cloud.clients()("bedrock")
    with pytest.raises(ClientError, match="at least one policy"):
        client.create_guardrail(name="empty", **SAID)
    broken = {"regexesConfig": [{"name": "open", "pattern": "(", "action": "BLOCK"}]}
    with pytest.raises(ClientError, match="The regex open is invalid"):
        client.create_guardrail(name="broken", sensitiveInformationPolicyConfig=broken, **SAID)
