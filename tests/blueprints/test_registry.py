from __future__ import annotations

import subprocess
import sys

import pytest

from mlops_iac.blueprints import BLUEPRINTS, find_blueprint, get_blueprint, get_options_model
from mlops_iac.core.errors import BlueprintError


@pytest.mark.parametrize("name", BLUEPRINTS)
def test_every_blueprint_is_what_its_line_says(name: str) -> None:
    blueprint = get_blueprint(name)
    assert blueprint.name == name
    assert blueprint.summary
    assert blueprint.layers
    assert get_options_model(name) is blueprint.Options
    assert blueprint.Options() == blueprint.Options()


def test_the_table_is_sorted() -> None:
    assert list(BLUEPRINTS) == sorted(BLUEPRINTS)


@pytest.mark.parametrize("name", BLUEPRINTS)
def test_every_option_is_described(name: str) -> None:
    def undescribed(schema: dict, path: str = "") -> list[str]:  # type: ignore[type-arg]
        fields = schema.get("properties", {})
        return [f"{path}.{key}" for key, value in fields.items() if not value.get("description")]

    schema = get_options_model(name).model_json_schema()
    missing = undescribed(schema, "options")
    for kind, definition in schema.get("$defs", {}).items():
        missing += undescribed(definition, kind)
    assert missing == []


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
