"""regulated-private: a model that auditors may ask about, in a network of its own."""

from __future__ import annotations

from mlops_iac.blueprints.regulated_private.blueprint import RegulatedPrivate
from mlops_iac.blueprints.regulated_private.options import RegulatedPrivateOptions

__all__ = ["RegulatedPrivate", "RegulatedPrivateOptions"]
