"""The policies as a policy pack: Pulumi's own engine asks them, by its analyzer protocol.

What a pack's `__main__.py` runs (`mlops_iac/policy/pack_files.py` writes it), by the same files and settings as our own
commands. Of the protocol, stack analysis is answered: policies look at what lies beside a resource. The engine shows it
everything a preview comes to before the first change, and everything there is at the end of an update. Source:
pulumi/pulumi, ``proto/pulumi/analyzer.proto``, and ``AnalyzeResources`` in ``pkg/resource/deploy/step_generator.go``.

Pulumi's own Python SDK for packs (pulumi-policy 1.21) wants protobuf 5, and the SDK for programs goes with 6.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import grpc
from google.protobuf import empty_pb2
from pulumi.runtime.proto import analyzer_pb2, analyzer_pb2_grpc, plugin_pb2

from mlops_iac.core.errors import MlopsError, Problem
from mlops_iac.core.severity import Severity
from mlops_iac.engine.values.value import reveal
from mlops_iac.engine.values.wire import read_struct
from mlops_iac.policy.checking import report
from mlops_iac.policy.finding import Finding, Report
from mlops_iac.policy.resource import STACK, Resource, hide
from mlops_iac.policy.table import policies
from mlops_iac.program.policies import StackPolicies, read_policies
from mlops_iac.program.stack_program import open_stack

PACK: Final = "mlops-iac"
LARGEST: Final = 400 * 1024 * 1024
"""Bytes of a message, as Pulumi's SDKs allow them."""

_LEVELS = {
    Severity.ERROR: analyzer_pb2.MANDATORY,
    Severity.WARNING: analyzer_pb2.ADVISORY,
    Severity.ADVICE: analyzer_pb2.ADVISORY,
}
_SEVERITIES = {
    Severity.ERROR: analyzer_pb2.POLICY_SEVERITY_HIGH,
    Severity.WARNING: analyzer_pb2.POLICY_SEVERITY_MEDIUM,
    Severity.ADVICE: analyzer_pb2.POLICY_SEVERITY_LOW,
}


class Analyzer(analyzer_pb2_grpc.AnalyzerServicer):
    """Answers for one project. Methods are Pulumi's."""

    def __init__(self, root: Path) -> None:
        self._root, self._stack = root, ""

    def Handshake(self, request: Any, context: Any) -> Any:
        return analyzer_pb2.AnalyzerHandshakeResponse()

    def GetPluginInfo(self, request: Any, context: Any) -> Any:
        return plugin_pb2.PluginInfo(version=version("mlops-iac"))

    def GetAnalyzerInfo(self, request: Any, context: Any) -> Any:
        told = [
            analyzer_pb2.PolicyInfo(
                name=policy.name,
                displayName=policy.name,
                description=policy.wants,
                message=policy.remedy,
                enforcementLevel=_LEVELS[policy.severity],
                policy_type=analyzer_pb2.POLICY_TYPE_STACK,
                severity=_SEVERITIES[policy.severity],
                remediation_steps=policy.remedy,
            )
            for policy in policies()
        ]
        return analyzer_pb2.AnalyzerInfo(
            name=PACK, displayName=PACK, version=version("mlops-iac"), supportsConfig=False, policies=told
        )

    def Configure(self, request: Any, context: Any) -> Any:
        """What policies weigh is in the company's file, and nowhere else."""
        return empty_pb2.Empty()

    def ConfigureStack(self, request: Any, context: Any) -> Any:
        self._stack = request.stack
        return analyzer_pb2.AnalyzerStackConfigureResponse()

    def Cancel(self, request: Any, context: Any) -> Any:
        return empty_pb2.Empty()

    def Analyze(self, request: Any, context: Any) -> Any:
        """One resource at a time: what is beside it is not known yet, so nothing is said."""
        return analyzer_pb2.AnalyzeResponse()

    def Remediate(self, request: Any, context: Any) -> Any:
        return analyzer_pb2.RemediateResponse()

    def AnalyzeStack(self, request: Any, context: Any) -> Any:
        try:
            found = self._report(request.resources)
        except MlopsError as error:
            told = [_diagnostic("settings", problem, analyzer_pb2.MANDATORY) for problem in error.problems]
            return analyzer_pb2.AnalyzeResponse(diagnostics=told)
        expired = [problem for problem in (found.error.problems if found.error else ()) if problem.path == "waivers"]
        told = [_diagnostic("waivers", problem, analyzer_pb2.MANDATORY) for problem in expired]
        return analyzer_pb2.AnalyzeResponse(diagnostics=[*told, *map(_of_finding, found.open)])

    def _report(self, asked: Any) -> Report:
        policies = self._policies()
        if policies is None:
            return Report()
        resources = [_resource(one) for one in asked]
        outputs: Mapping[str, Any] = next((one.inputs for one in resources if one.type == STACK), {})
        return report(resources, policies.settings, outputs)

    def _policies(self) -> StackPolicies | None:
        program = open_stack(self._root, self._stack)
        return read_policies(self._root, self._stack, program.config)


def serve(root: Path) -> None:
    """Answer on a free port of this machine, say which one as the engine wants it, and go on until it ends us."""
    server = grpc.server(
        ThreadPoolExecutor(max_workers=2),
        options=[("grpc.max_receive_message_length", LARGEST), ("grpc.max_send_message_length", LARGEST)],
    )
    analyzer_pb2_grpc.add_AnalyzerServicer_to_server(Analyzer(root), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    server.wait_for_termination()


def main() -> None:
    """What a pack's `__main__.py` calls. The project is the folder with Pulumi.yaml, at or above the pack's."""
    from mlops_iac.config import find_project

    serve(find_project(Path(os.path.abspath(sys.argv[0])).parent))


def _resource(asked: Any) -> Resource:
    return Resource(
        type=asked.type,
        name=asked.name,
        inputs=hide(reveal(read_struct(asked.properties))),
        urn=asked.urn,
        parent=asked.parent,
        protect=asked.options.protect,
        links={key: list(found.urns) for key, found in asked.propertyDependencies.items()},
    )


def _of_finding(finding: Finding) -> Any:
    return _diagnostic(
        finding.rule, finding.problem, _LEVELS[finding.severity], finding.urn, _SEVERITIES[finding.severity]
    )


def _diagnostic(
    policy: str,
    problem: Problem,
    level: Any,
    urn: str = "",
    severity: Any = analyzer_pb2.POLICY_SEVERITY_HIGH,
) -> Any:
    place = f"{problem.file}:{problem.line}\n" if problem.line else ""
    return analyzer_pb2.AnalyzeDiagnostic(
        policyName=policy,
        policyPackName=PACK,
        policyPackVersion=version("mlops-iac"),
        description=problem.summary,
        message=f"{place}{problem.detail}\nhint: {problem.hint}",
        enforcementLevel=level,
        urn=urn,
        severity=severity,
    )
