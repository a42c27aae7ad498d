"""Signed models: what registers one signs it, what puts one into service verifies it."""

from __future__ import annotations

from mlops_iac.blueprints.parts.foundation import Foundation
from mlops_iac.blueprints.parts.serve import Serve
from mlops_iac.components.registry.signing import ModelSigning, ModelSigningArgs


def make_signing(foundation: Foundation, serve: Serve) -> ModelSigning:
    """A key of its own, which signs and does nothing else."""
    made = ModelSigning(
        foundation.site.named("signing"), ModelSigningArgs(key=foundation.log_key, boundary=foundation.boundary)
    )
    foundation.lake.grant_read(made.role, "models")
    serve.registry.grant_read(made.role)
    return made
