"""Where wheels are kept between runs, by content."""

from __future__ import annotations

import os
from pathlib import Path


def wheels_folder() -> Path:
    """``$MLOPS_IAC_CACHE/wheels``, else the same in the user's cache folder. Safe to delete; made when it is needed."""
    given = os.environ.get("MLOPS_IAC_CACHE")
    if given:
        return Path(given) / "wheels"
    import platformdirs

    return Path(platformdirs.user_cache_dir("mlops-iac")) / "wheels"
