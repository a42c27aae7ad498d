from __future__ import annotations

import subprocess
import sys


def test_the_engine_imports_nothing_heavy_before_a_program_is_run() -> None:
    code = (
        "import sys, mlops_iac.engine.doing.deployment, mlops_iac.engine.state.state_store;"
        "import mlops_iac.engine.values.secrets;"
        "heavy = ('pulumi', 'grpc', 'google.protobuf', 'boto3', 'cryptography');"
        "print([name for name in heavy if name in sys.modules])"
    )
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "[]"
