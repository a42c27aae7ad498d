"""Takes over a model's archive that another environment registered: checks it, and says where it is from.

SageMaker has brought the archive in the role of this environment's jobs. Its SHA-256 was written into the other
environment's registry when the model was registered; what was changed since then has another one, and is refused.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import shutil
import sys
from pathlib import Path

PROCESSING = Path("/opt/ml/processing")
ARCHIVE = "model.tar.gz"
BLOCK = 1024 * 1024


def main(asked: argparse.Namespace) -> None:
    found = sorted(path for path in (PROCESSING / "input/package").rglob("*") if path.is_file())
    if [path.name for path in found] != [ARCHIVE]:
        sys.exit(
            f"expected one {ARCHIVE} of {asked.origin}, found {', '.join(path.name for path in found) or 'nothing'}"
        )
    digest = digest_of(found[0])
    if digest != asked.digest:
        sys.exit(
            f"{ARCHIVE} of {asked.origin} was changed after it was registered: its SHA-256 is {digest}, "
            f"the registry says {asked.digest}. Nothing is taken over."
        )
    place = PROCESSING / "output/files"
    place.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(found[0], place / ARCHIVE)
    origin = {"origin": asked.origin, "digest": digest, "bytes": found[0].stat().st_size}
    (place / "origin.json").write_text(json.dumps(origin, indent=1) + "\n", encoding="utf-8")
    print(f"took over {ARCHIVE} of {asked.origin}, {origin['bytes']} bytes, SHA-256 {digest}")


def digest_of(path: Path) -> str:
    """SHA-256 in hex, in blocks: an archive may be larger than the memory."""
    summed = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            summed.update(block)
    return summed.hexdigest()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="mlops_iac_fetch")
    parser.add_argument("--digest", required=True)
    parser.add_argument("--origin", required=True)
    main(parser.parse_args())
