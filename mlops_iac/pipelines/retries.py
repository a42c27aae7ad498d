"""When a step is tried again, how often, and after how long a wait."""

from __future__ import annotations

from typing import Final, Literal

from pydantic import Field

from mlops_iac.pipelines.model import PipelineModel

Failure = Literal["capacity", "internal", "job", "limit", "service", "throttling"]
"""capacity    AWS had no machine for the job
internal    the job met an error of the service's own
job         the job began and failed, whatever the cause: the script, its data, its machines, its time limit
limit       a quota of the account was used up
service     the call that starts the job met an error of the service's own
throttling  there were too many calls
"""

MOST_ATTEMPTS: Final = 20
LONGEST_INTERVAL: Final = 12 * 3600
"""What SageMaker Pipelines takes at most: https://docs.aws.amazon.com/sagemaker/latest/dg/pipelines-retry-policy.html"""


class Retry(PipelineModel):
    """A step that failed is begun again, as another job with the same work."""

    attempts: int = Field(ge=1, le=MOST_ATTEMPTS)
    """How often it is tried again at most, after the first time."""
    interval_seconds: int = Field(default=30, ge=1, le=LONGEST_INTERVAL)
    """The wait before the second time."""
    backoff: float = Field(default=2.0, ge=1.0, le=10.0)
    """How many times longer each further wait is."""
    errors: tuple[Failure, ...] = ()
    """What it is tried again after: `capacity` (no machine), `internal` (an error of AWS's own inside the job), `job`
    (it failed, whatever the cause), `limit` (a quota), `service` (an error of AWS's own before the job), `throttling`.
    Left out: after anything."""
