"""Writes docs/reference and the catalogue from the code itself: ``python docs/generate.py``.

COVERAGE.md is the embedded cloud's own.

Pages are made from signatures, models and docstrings, never by hand; tests/docs/test_reference.py holds them current.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

sys.path.insert(0, str(Path(__file__).parent))

from from_code.catalogue import catalogue_file, catalogue_page
from from_code.commands import cli_page
from from_code.components import components_page
from from_code.errors import errors_page
from from_code.external import external_page
from from_code.pipelines import pipelines_page
from from_code.policies import policies_page
from from_code.stack_files import stack_file_page

REFERENCE: Final = Path(__file__).parent / "reference"

PAGES: Final[dict[str, Callable[[], str]]] = {
    "cli.md": cli_page,
    "stack-file.md": stack_file_page,
    "pipelines.md": pipelines_page,
    "policies.md": policies_page,
    "components.md": components_page,
    "external-systems.md": external_page,
    "errors-and-exit-codes.md": errors_page,
}

CATALOGUE: Final[dict[str, Callable[[], str]]] = {
    "blueprints/catalogue.json": catalogue_file,
    "docs/catalogue.md": catalogue_page,
}
"""By their place in the checkout."""


def main(folder: Path = REFERENCE) -> None:
    if folder == REFERENCE:
        for name, page in CATALOGUE.items():
            (REFERENCE.parents[1] / name).write_text(page(), encoding="utf-8")
            print(f"Wrote {name}")
    for name, page in PAGES.items():
        (folder / name).write_text(page(), encoding="utf-8")
        print(f"Wrote docs/reference/{name}")


if __name__ == "__main__":
    main()
