"""Random programs run with cheap keys: what is tested here is not how a key is made."""

from __future__ import annotations

import pytest

from mlops_iac.engine.values import secrets


@pytest.fixture(autouse=True)
def cheap_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(secrets, "ROUNDS", 10)
    monkeypatch.setattr(secrets, "_keys", {})
