"""What a SageMaker instance costs an hour: a small list, with its date and its region.

https://aws.amazon.com/sagemaker/pricing/ has them all. A type that is not here has no price, which is not a price of 0.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

AS_OF: Final = "us-east-1, 2024"
"""Other regions cost up to a third more."""

HOURLY: Final[Mapping[str, float]] = {
    "ml.c5.large": 0.102,
    "ml.c5.xlarge": 0.204,
    "ml.c5.2xlarge": 0.408,
    "ml.c5.4xlarge": 0.816,
    "ml.g4dn.xlarge": 0.736,
    "ml.g5.xlarge": 1.408,
    "ml.g5.2xlarge": 1.515,
    "ml.m5.large": 0.115,
    "ml.m5.xlarge": 0.23,
    "ml.m5.2xlarge": 0.461,
    "ml.m5.4xlarge": 0.922,
    "ml.m5.12xlarge": 2.765,
    "ml.m5.24xlarge": 5.53,
    "ml.p3.2xlarge": 3.825,
    "ml.t3.medium": 0.05,
    "ml.t3.large": 0.1,
    "ml.t3.xlarge": 0.2,
    "ml.t3.2xlarge": 0.4,
}
"""US dollars, on demand, for a job or an endpoint."""
