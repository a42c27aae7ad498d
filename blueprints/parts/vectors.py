"""Vectors of documents: a store, what fills it, and what answers questions from it."""

from __future__ import annotations

from typing import Any

import pulumi

from mlops_iac.blueprints.parts.foundation import Foundation
from mlops_iac.blueprints.parts.serve import Serve
from mlops_iac.blueprints.parts.told import CALLER, as_any
from mlops_iac.blueprints.parts.vector_options import VectorOptions
from mlops_iac.components.guardrail import Guardrail, GuardrailArgs, Pattern
from mlops_iac.components.vector_store import (
    Retriever,
    RetrieverArgs,
    VectorIndexer,
    VectorIndexerArgs,
    VectorStore,
    VectorStoreArgs,
)
from mlops_iac.core import environment as env


class Vectors:
    """A vector store whose documents answer through the model that serves."""

    def __init__(self, foundation: Foundation, options: VectorOptions, serve: Serve) -> None:
        site, asked, endpoint = foundation.site, options.vectors, serve.endpoint
        around: dict[str, Any] = {"key": foundation.key, "boundary": foundation.boundary}
        self.site = site
        self.store = VectorStore(
            site.named("vectors"),
            VectorStoreArgs(dimension=asked.dimension, metric=asked.metric, hidden=asked.hidden, key=foundation.key),
        )
        self.indexer = VectorIndexer(site.named("indexer"), VectorIndexerArgs(endpoint=endpoint.ref, **around))
        self.guardrail = _guardrail(foundation, options)
        self.retriever = Retriever(
            site.named("retriever"),
            RetrieverArgs(
                store=self.store.ref,
                endpoint=endpoint.ref,
                guardrail_id=self.guardrail.guardrail_id if self.guardrail else "",
                **around,
            ),
        )
        self._grant(foundation, serve)

    def _grant(self, foundation: Foundation, serve: Serve) -> None:
        filling, answering = self.indexer.role, self.retriever.role
        foundation.lake.grant_read(filling, "features", "models")
        foundation.lake.grant_write(filling, "models")
        self.store.grant_read(filling)
        self.store.grant_write(filling)
        self.store.grant_read(answering)
        serve.registry.grant_read(filling)
        serve.endpoint.grant_invoke(answering)
        if self.guardrail:
            self.guardrail.grant_apply(answering)

    @property
    def bound(self) -> dict[str, dict[str, pulumi.Input[str]]]:
        """What pipelines are tied to."""
        return {"main": {"index_arn": self.store.index_arn, "indexer_arn": self.indexer.function_arn}}

    @property
    def services(self) -> dict[str, env.Service]:
        """What the environment offers, by capability."""
        region, store = {"AWS_REGION": self.site.region}, self.store.ref
        return {
            "vector-store": env.Service(
                endpoint=as_any(store.index_arn),
                credentials=CALLER,
                client=as_any({**region, "MLOPS_IAC_VECTOR_INDEX_ARN": store.index_arn}),
            ),
            "retrieval": env.Service(
                endpoint=as_any(self.retriever.function_arn),
                credentials=CALLER,
                client=as_any({**region, "MLOPS_IAC_RETRIEVER": self.retriever.function_name}),
            ),
        }


def _guardrail(foundation: Foundation, options: VectorOptions) -> Guardrail | None:
    asked = options.guardrail
    if not asked.words and not asked.patterns:
        return None
    patterns = {name: Pattern(pattern=one.pattern, action=one.action) for name, one in asked.patterns.items()}
    args = GuardrailArgs(words=asked.words, patterns=patterns, key=foundation.key)
    return Guardrail(foundation.site.named("guardrail"), args)
