"""Limits of SageMaker Studio that options are held to before anything is made."""

from __future__ import annotations

from typing import Final

LEAST_IDLE: Final = 60
MOST_IDLE: Final = 525_600
"""Minutes: ``IdleTimeoutInMinutes`` of SageMaker's API."""
