"""What an account needs once, whoever's environments stand in it: a place for states, and roles for CI."""

from __future__ import annotations

from mlops_iac.components.account.ci_access import CiAccess, CiAccessArgs, CiAccessNodes
from mlops_iac.components.account.review_key import ReviewKey, ReviewKeyArgs, ReviewKeyNodes
from mlops_iac.components.account.state_store import StateStore, StateStoreArgs, StateStoreNodes

__all__ = [
    "CiAccess",
    "CiAccessArgs",
    "CiAccessNodes",
    "ReviewKey",
    "ReviewKeyArgs",
    "ReviewKeyNodes",
    "StateStore",
    "StateStoreArgs",
    "StateStoreNodes",
]
