"""Make data/documents/ and more/documents/ from the documentation that ships inside scikit-learn. No download.

A document for each module, with a heading for each estimator: what its docstring says before its parameters, and its
notes (scikit-learn's authors, BSD-3). The questions in data/questions/ were written by hand, from what people want to
do. The texts are committed; this script is how they came about, and running it again with scikit-learn 1.4.2 changes
nothing.

    pip install scikit-learn==1.4.2 && python make_data.py
"""

from __future__ import annotations

import inspect
import re
from collections import defaultdict
from pathlib import Path

from sklearn.utils import all_estimators

HERE = Path(__file__).parent
SECTION = re.compile(r"^([A-Z][A-Za-z ]+)\n-{3,}$", re.MULTILINE)
KEPT = ("", "Notes")
LEAST = 200
"""Characters: what says less is left out."""
LATER = ("manifold", "gaussian_process")
"""Modules whose documents come later."""


def sections(text: str) -> dict[str, str]:
    """A numpy docstring by its headings; what stands before the first has none."""
    parts = SECTION.split(text)
    return {"": parts[0], **dict(zip(parts[1::2], parts[2::2], strict=True))}


def describe(estimator: type) -> str:
    found = sections(inspect.getdoc(estimator) or "")
    text = "\n\n".join(found[name].strip() for name in KEPT if found.get(name, "").strip())
    return re.sub(r":\w+:`~?([^`<]+?)(?:\s*<[^>]*>)?`", r"\1", text)


def main() -> None:
    documents: dict[str, list[str]] = defaultdict(list)
    for name, estimator in all_estimators():
        text = describe(estimator)
        if len(text) >= LEAST:
            documents[estimator.__module__.split(".")[1]].append(f"## {name}\n\n{text}\n")
    for module, texts in sorted(documents.items()):
        folder = HERE / ("more" if module in LATER else "data") / "documents"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{module}.md").write_text(f"# sklearn.{module}\n\n" + "\n".join(texts), encoding="utf-8")


if __name__ == "__main__":
    main()
