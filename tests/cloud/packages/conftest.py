"""The laboratory of the handlers' tests."""

from __future__ import annotations

from tests.cloud.handlers.conftest import lab

__all__ = ["lab"]
