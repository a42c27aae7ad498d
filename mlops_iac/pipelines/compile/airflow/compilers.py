"""Which file here compiles which kind of step; the others have their reason in ``refused.py``."""

from __future__ import annotations

from typing import Final

from mlops_iac.pipelines.compile.kinds import compilers_in

COMPILERS: Final = compilers_in(
    __package__,
    "approval",
    "batch_transform",
    "choice",
    "container",
    "deploy",
    "fetch",
    "gate",
    "index",
    "map",
    "monitor",
    "notify",
    "processing",
    "query",
    "register",
    "spark",
    "training",
    "tune",
    baseline="shipped",
    bias="shipped",
    evaluate="processing",
    explain="shipped",
    feature_skew="features",
    ingest="features",
    notebook="shipped",
    point_in_time="features",
    quality="shipped",
    skew="shipped",
)
