"""Guardrails of Amazon Bedrock: ``guardrails.py`` keeps them, ``applying.py`` applies what is words and patterns."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mlops_iac.cloud.gateway import Gateway

__all__ = ["install"]


def install(gateway: Gateway) -> None:
    from mlops_iac.cloud.guardrails.guardrails import Guardrails

    Guardrails(gateway).install()
