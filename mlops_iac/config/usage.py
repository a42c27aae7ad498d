"""How much an environment is used, for its estimate: `usage:` of a stack file. Nothing else reads it."""

from __future__ import annotations

from pydantic import Field

from mlops_iac.config.section import Section


class Usage(Section):
    """What a team expects in a month."""

    runs: int = Field(default=30, ge=0, le=1_000_000, description="Runs of each pipeline.")
    step_minutes: float = Field(
        default=10, gt=0, le=40320, description="What each job of a run is billed for; never more than its limit."
    )
    requests: int = Field(default=10_000, ge=0, le=10**12, description="Requests of each endpoint.")
    request_ms: int = Field(default=100, ge=1, le=3_600_000, description="How long the model takes for one.")
    stored_gb: float = Field(default=10, ge=0, le=10**9, description="GB that the lake holds.")
    queried_gb: float = Field(default=10, ge=0, le=10**9, description="GB that queries read.")
    logs_gb: float = Field(default=1, ge=0, le=10**7, description="GB of logs.")
