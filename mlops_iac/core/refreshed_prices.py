"""Prices of machines that a person asked AWS for, in a file with a date: used before the packaged table's.

The project's own file (``mlops-iac.prices.json`` beside Pulumi.yaml) goes before the person's (in the user's state
folder). What it does not hold, another region or another type, is the packaged table's to say.
"""

from __future__ import annotations

import functools
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final

from mlops_iac.core.errors import UsageError
from mlops_iac.core.strict_json import NotStrictJson, read_json

FILE: Final = "mlops-iac.prices.json"
VERSION: Final = 1
SOURCE: Final = "AWS Price List API, on demand, Linux, shared tenancy"


@dataclass(frozen=True, kw_only=True)
class Refreshed:
    as_of: str
    """The day on which AWS was asked."""
    regions: Mapping[str, Mapping[str, Mapping[str, float]]]
    """Region to ``ec2`` and ``sagemaker``, type to US dollars an hour."""
    file: Path

    def hourly(self, instance_type: str, region: str) -> float | None:
        part = "sagemaker" if instance_type.startswith("ml.") else "ec2"
        return self.regions.get(region, {}).get(part, {}).get(instance_type)

    def count(self, region: str) -> int:
        return sum(len(part) for part in self.regions[region].values())

    @property
    def age(self) -> str:
        days = (datetime.now(UTC).date() - date.fromisoformat(self.as_of)).days
        return "less than a day" if days < 1 else f"{days} day{'s' if days > 1 else ''}"

    def to_json(self) -> dict[str, Any]:
        return {"version": VERSION, "as_of": self.as_of, "source": SOURCE, "regions": self.regions}

    def text(self) -> str:
        return json.dumps(self.to_json(), indent=1) + "\n"


def find() -> Refreshed | None:
    """The table in use. Raises UsageError for a file that is none."""
    file = find_file()
    return None if file is None else _read(file, file.stat().st_mtime_ns)


def find_file() -> Path | None:
    here = Path.cwd()
    root = next((folder for folder in (here, *here.parents) if (folder / "Pulumi.yaml").is_file()), None)
    return next((file for file in ([root / FILE] if root else []) + [user_file()] if file.is_file()), None)


def user_file() -> Path:
    base = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(base) / "mlops-iac" / "prices.json"


@functools.lru_cache(maxsize=4)
def _read(file: Path, _: int) -> Refreshed:
    try:
        body = read_json(file.read_bytes())
        if body["version"] != VERSION:
            raise ValueError(f"version {body['version']}")
        date.fromisoformat(body["as_of"])
        regions = {
            region: {part: {kind: _price(price) for kind, price in prices.items()} for part, prices in parts.items()}
            for region, parts in body["regions"].items()
        }
    except (OSError, NotStrictJson, ValueError, KeyError, TypeError, AttributeError) as error:
        raise UsageError(
            "These are no prices.",
            f"{file}: {error}.",
            hint="`mlops-iac prices refresh` writes it anew; without the file the packaged prices are used.",
        ) from error
    return Refreshed(as_of=body["as_of"], regions=regions, file=file)


def _price(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 10_000:
        raise ValueError(f"{value!r} is no price of an hour")
    return float(value)
