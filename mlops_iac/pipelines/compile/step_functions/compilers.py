"""Which file here compiles which kind of step; the others have their reason in ``refused.py``."""

from __future__ import annotations

from typing import Final

from mlops_iac.pipelines.compile.kinds import compilers_in

COMPILERS: Final = compilers_in(
    __package__,
    "approval",
    "baseline",
    "batch_transform",
    "bias",
    "choice",
    "container",
    "deploy",
    "explain",
    "fetch",
    "gate",
    "index",
    "map",
    "monitor",
    "notebook",
    "notify",
    "processing",
    "quality",
    "query",
    "register",
    "skew",
    "spark",
    "training",
    "tune",
    evaluate="processing",
    feature_skew="features",
    ingest="features",
    point_in_time="features",
)
