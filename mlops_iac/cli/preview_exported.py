"""The half of ``mlops-iac preview --state FILE`` that reads the file."""

from __future__ import annotations

from pathlib import Path

from mlops_iac.cli.environments import project_root
from mlops_iac.engine.deciding.options import Options
from mlops_iac.engine.event import OnEvent, Result


def compare_with(stack: str, file: Path, notes: list[str], on_event: OnEvent, options: Options) -> Result:
    """Compare a stack's program with an export. What a reader must know about the comparison goes into ``notes``."""
    from mlops_iac.backends.exported import compare
    from mlops_iac.cli.stack import read_text

    text, place = read_text(file)
    compared = compare(project_root(), stack, text, place=place, on_event=on_event, options=options)
    if compared.hidden:
        values = "1 secret value is" if compared.hidden == 1 else f"{compared.hidden} secret values are"
        notes.append(f"{values} in {place} as ciphertext: not compared, so not known to be the same.")
    return compared.result
