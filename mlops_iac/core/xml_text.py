"""What text XML can hold."""

from __future__ import annotations

import re
from typing import Final

_FORBIDDEN: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Everything but ``Char`` (XML 1.0, production 2)."""


def fits_xml(text: str) -> bool:
    """Whether an XML document can hold it as it is, and gives it back as it was.

    A carriage return cannot be told from a line's end once it was read (XML 1.0, 2.11). S3's keys may hold anything, so
    a key that does not fit is listed with ``encoding-type=url``, and deleted by itself: `DeleteObjects` names keys in
    XML.
    """
    return not _FORBIDDEN.search(text) and "\r" not in text
