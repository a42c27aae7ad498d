"""What `mlops-iac init` and `mlops-iac new` write."""

from __future__ import annotations

from mlops_iac.scaffold.answers import Answers
from mlops_iac.scaffold.project import new_project
from mlops_iac.scaffold.schema_file import write_schema
from mlops_iac.scaffold.stack_file import new_stack

__all__ = ["Answers", "new_project", "new_stack", "write_schema"]
