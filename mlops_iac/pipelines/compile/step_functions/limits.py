"""What the targets refuse, as data with its source."""

from __future__ import annotations

from typing import Final

# https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html
DEFINITION_BYTES: Final = 1024 * 1024
"""Longest definition of a state machine."""
STATE_NAME_LENGTH: Final = 80
EXECUTION_SECONDS: Final = 365 * 24 * 3600
"""Longest a standard execution may take."""

# https://docs.aws.amazon.com/sns/latest/api/API_Publish.html
SUBJECT_LENGTH: Final = 100
"""Longest subject of a notification; it must be shorter than this."""
