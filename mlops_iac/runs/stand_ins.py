"""Stand-ins for packages that the job's image holds: empty wheels with the right name and version.

Each carries a local version (``2.3.2+framework``), which a plain index never has, so pip cannot mistake one for the
real package, nor prefer the real one: a constraint names exactly the stand-in.
"""

from __future__ import annotations

import base64
import hashlib
import re
import zipfile
from collections.abc import Iterable
from pathlib import Path

LOCAL = "+framework"


def write_stand_ins(packages: Iterable[str], folder: Path) -> Path:
    """One wheel per pinned package, and a constraints file that names them all; answers that file's path."""
    folder.mkdir(parents=True, exist_ok=True)
    constraints = []
    for package in packages:
        name, _, version = package.partition("==")
        public = version.split("+")[0]  # an image may hold a local build itself, such as torch 2.6.0+cpu
        write_stand_in(name, public, folder)
        constraints.append(f"{name}=={public}{LOCAL}")
    file = folder / "constraints.txt"
    file.write_text("".join(f"{line}\n" for line in constraints), encoding="utf-8")
    return file


def is_stand_in(file_name: str) -> bool:
    return f"{LOCAL}-" in file_name


def write_stand_in(name: str, version: str, folder: Path) -> None:
    """The least a wheel is: METADATA, WHEEL and RECORD (packaging.python.org, binary distribution format)."""
    distribution = re.sub(r"[-_.]+", "_", name)
    info = f"{distribution}-{version}{LOCAL}.dist-info"
    files = {
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}{LOCAL}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: mlops-iac\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = "".join(f"{path},{record_hash(text)},{len(text)}\n" for path, text in files.items())
    with zipfile.ZipFile(folder / f"{distribution}-{version}{LOCAL}-py3-none-any.whl", "w") as wheel:
        for path, text in files.items():
            wheel.writestr(path, text)
        wheel.writestr(f"{info}/RECORD", f"{record}{info}/RECORD,,\n")


def record_hash(text: str) -> str:
    digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=")
    return f"sha256={digest.decode()}"
