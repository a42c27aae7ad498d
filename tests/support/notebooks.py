"""Notebooks as JupyterLab writes them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def notebook(cells: Mapping[str, str], *, language: str = "python", kernel: str = "python3") -> dict[str, Any]:
    """``cells``: tag to code, in their order; a tag that is empty stands for none."""
    made = [
        {
            "cell_type": "code",
            "id": f"cell-{number}",
            "execution_count": None,
            "metadata": {"tags": [tag]} if tag else {},
            "outputs": [],
            "source": code.splitlines(keepends=True),
        }
        for number, (tag, code) in enumerate(cells.items())
    ]
    spec = {"name": kernel, "display_name": kernel, "language": language}
    return {
        "cells": made,
        "metadata": {"kernelspec": spec, "language_info": {"name": language}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
