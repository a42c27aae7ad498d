"""account: what an AWS account needs once, before the first environment: a place for states, and roles for CI."""

from __future__ import annotations

from mlops_iac.blueprints.account.blueprint import Account
from mlops_iac.blueprints.account.options import AccountOptions

__all__ = ["Account", "AccountOptions"]
