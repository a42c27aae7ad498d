"""A case by the embedded engine, in this process."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mlops_iac.cli.operations import exit_code_of
from mlops_iac.cloud.provider import EmbeddedProvider
from mlops_iac.core.errors import MlopsError
from mlops_iac.engine.deciding.options import Options
from mlops_iac.engine.doing.deployment import Deployment
from mlops_iac.engine.event import Result
from mlops_iac.engine.state.state_store import FileStore
from tests.parity.operations import CONFIG, PROJECT, STACK, Case, Do

PASSPHRASE = "parity"


class OurEngine:
    def __init__(self, root: Path, clients: Any) -> None:
        self.store = FileStore(root, PROJECT, lambda: PASSPHRASE)
        self._clients = clients
        self.checkpoint = root / f".pulumi/stacks/{PROJECT}/{STACK}.json"

    def carry_out(self, case: Case, operation: Do) -> tuple[Result, int]:
        try:
            result = self._carry_out(case, operation)
        except MlopsError as error:
            result = Result(steps=(), changes={}, outputs={}, seconds=0, outcome="failed", error=error)
        return result, 0 if result.outcome == "succeeded" else exit_code_of(result)

    def _carry_out(self, case: Case, operation: Do) -> Result:
        provider = EmbeddedProvider(self._clients)
        deployment = Deployment(project=PROJECT, stack=STACK, provider=provider, store=self.store, config=CONFIG)
        options = Options(**{"parallel": 1, "skip_preview": not case.checks_first, **operation.options})
        if operation.verb == "destroy":
            return deployment.destroy(options=options)
        if operation.verb == "refresh":
            return deployment.refresh(options=options)
        program = case.program(operation.program)
        if operation.verb == "preview":
            return deployment.preview(program, options=options)
        return deployment.up(program, options=options)
