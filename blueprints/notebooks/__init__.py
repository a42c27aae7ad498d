"""notebooks: people with JupyterLab beside their data, and a way from a notebook to a pipeline."""

from __future__ import annotations

from mlops_iac.blueprints.notebooks.blueprint import Notebooks
from mlops_iac.blueprints.notebooks.options import NotebooksOptions

__all__ = ["Notebooks", "NotebooksOptions"]
