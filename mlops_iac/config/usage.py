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
    feature_writes: int = Field(
        default=10_000, ge=0, le=10**12, description="Rows that are put into groups of features, each of 1 KB at most."
    )
    stored_gb: float = Field(default=10, ge=0, le=10**9, description="GB that the lake holds.")
    queried_gb: float = Field(default=10, ge=0, le=10**9, description="GB that queries read.")
    warehouse_hours: float = Field(
        default=1, ge=0, le=10**5, description="Hours that the warehouse is busy answering, by its base RPUs."
    )
    spark_hours: float = Field(
        default=10, ge=0, le=10**7, description="Hours that vCPUs of Spark work: workers times vCPUs times hours."
    )
    warehouse_gb: float = Field(default=1, ge=0, le=10**7, description="GB that the warehouse's tables hold.")
    logs_gb: float = Field(default=1, ge=0, le=10**7, description="GB of logs.")
    files_gb: float = Field(default=10, ge=0, le=10**7, description="GB in shared files.")
    homes_gb: float = Field(default=5, ge=0, le=10**7, description="GB in the home folders of Studio.")
    notebook_hours: float = Field(default=40, ge=0, le=10**4, description="Hours that each person's notebooks run.")
