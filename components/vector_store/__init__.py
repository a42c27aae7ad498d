"""Vectors of a team's documents, how they come into the store, and how questions are answered from it."""

from __future__ import annotations

from mlops_iac.components.vector_store.indexer import VectorIndexer, VectorIndexerArgs, VectorIndexerNodes
from mlops_iac.components.vector_store.retriever import Retriever, RetrieverArgs, RetrieverNodes
from mlops_iac.components.vector_store.s3_vectors import VectorStore, VectorStoreArgs, VectorStoreNodes

__all__ = [
    "Retriever",
    "RetrieverArgs",
    "RetrieverNodes",
    "VectorIndexer",
    "VectorIndexerArgs",
    "VectorIndexerNodes",
    "VectorStore",
    "VectorStoreArgs",
    "VectorStoreNodes",
]
