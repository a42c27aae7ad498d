"""What the targets refuse, as data with its source."""

from __future__ import annotations

from typing import Final

# https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html
DEFINITION_BYTES: Final = 1024 * 1024
"""Longest definition of a state machine."""
PAYLOAD_BYTES: Final = 256 * 1024
"""Longest input or output of a state, as UTF-8 JSON."""
HISTORY_EVENTS: Final = 25_000
"""Events that one execution's history may hold; the execution fails at the next one."""
STATE_NAME_LENGTH: Final = 80
EXECUTION_SECONDS: Final = 365 * 24 * 3600
"""Longest a standard execution may take."""

# https://docs.aws.amazon.com/sns/latest/api/API_Publish.html
SUBJECT_LENGTH: Final = 100
"""Longest subject of a notification; it must be shorter than this."""

POLL_EVENTS: Final = 11
"""History events of one turn of a polling loop: wait 2, task 5, choice 2, count 2. Counted in executions' histories."""
