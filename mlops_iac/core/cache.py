"""Where things are kept by content between runs: framework environments and wheels."""

from __future__ import annotations

import os
from pathlib import Path


def cache_folder() -> Path:
    """``MLOPS_IAC_CACHE``, else ``mlops-iac`` in the user's cache folder. Safe to delete; made when it is needed."""
    given = os.environ.get("MLOPS_IAC_CACHE")
    if given:
        return Path(given)
    import platformdirs

    return Path(platformdirs.user_cache_dir("mlops-iac"))
