from __future__ import annotations

import subprocess
import sys

import pytest

from mlops_iac.blueprints import BLUEPRINTS, find_blueprint, get_blueprint
from mlops_iac.core.errors import BlueprintError


def test_the_table_is_sorted() -> None:
    assert list(BLUEPRINTS) == sorted(BLUEPRINTS)


def test_an_unknown_blueprint_is_refused_with_the_nearest() -> None:
    assert find_blueprint("tabular-bach") is None
    with pytest.raises(BlueprintError) as refused:
        get_blueprint("tabular-bach")
    assert "did you mean `tabular-batch`?" in refused.value.hint


def test_a_blueprint_is_known_without_loading_pulumi_or_botocore() -> None:
    code = (
        "import sys; from mlops_iac.blueprints import get_blueprint as g;"
        "b = g('tabular-batch'); b.pipelines(b.Options()); "
        "heavy = [m for m in ('pulumi', 'pulumi_aws', 'boto3', 'botocore') if m in sys.modules]; print(heavy)"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"
