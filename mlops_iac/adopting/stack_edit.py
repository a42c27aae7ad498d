"""What is adopted, as lines of a stack file, whose comments and order stay as they are."""

from __future__ import annotations

from typing import Any

from mlops_iac.config.document import parse_document
from mlops_iac.config.editing import flow, insert_below
from mlops_iac.core.errors import ConfigError

OPTIONS = "mlops-iac:options"
ADOPT = "adopt"


def with_adopted(text: str, file: str, layer: str, settings: dict[str, Any]) -> tuple[str, tuple[str, ...]]:
    """The text with the layer below `adopt`, and the lines that are new. Raises ConfigError where the layer is adopted
    already, and where a mapping is written in braces, which is edited by hand."""
    document = parse_document(text, file)
    adopted: tuple[str | int, ...] = ("config", OPTIONS, ADOPT)
    said = f"{layer}: {flow(settings)}"
    if document.has((*adopted, layer)):
        detail = f"{document.file}:{document.line((*adopted, layer))} adopts a {layer} already."
        raise ConfigError("The layer is adopted already.", detail, hint="change or remove that by hand first.")
    if document.has(adopted):
        return insert_below(document, adopted, [said], said)
    if document.has(("config", OPTIONS)):
        return insert_below(document, ("config", OPTIONS), [f"{ADOPT}:", f"  {said}"], f"{ADOPT}: {{{said}}}")
    return insert_below(document, ("config",), [f"{OPTIONS}:", f"  {ADOPT}:", f"    {said}"], said)
