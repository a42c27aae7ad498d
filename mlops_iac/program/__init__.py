"""What a stack's program is, and how it is run: the one in the project's ``__main__.py``, by both engines."""

from __future__ import annotations

from mlops_iac.program.blueprinted import Description, Program, load, main
from mlops_iac.program.stack_program import StackProgram, open_stack

__all__ = ["Description", "Program", "StackProgram", "load", "main", "open_stack"]
