"""Laws over all handlers of the embedded cloud; ``tests/cloud/handlers/test_cycle.py`` runs each of them."""

from __future__ import annotations

import inspect
from pathlib import Path

import pytest

from mlops_iac.cloud import coverage
from mlops_iac.cloud.handlers import HANDLERS, handler_class
from mlops_iac.cloud.handlers._base import Resource
from mlops_iac.cloud.handlers._references import CHECKS
from mlops_iac.cloud.invokes import ASKING, PURE
from tests.cloud.handlers.conftest import CASES

ROOT = Path(__file__).parents[2]


@pytest.fixture(params=HANDLERS)
def handler(request: pytest.FixtureRequest) -> type[Resource]:
    found = handler_class(request.param)
    assert found is not None
    return found


def test_the_table_is_sorted_and_names_each_module_once() -> None:
    assert list(HANDLERS) == sorted(HANDLERS)
    assert len(set(HANDLERS.values())) == len(HANDLERS)


def test_every_file_of_a_service_is_in_the_table() -> None:
    folder = ROOT / "mlops_iac" / "cloud" / "handlers"
    files = {f"{path.parent.name}.{path.stem}" for path in folder.glob("*/*.py") if not path.stem.startswith("_")}
    assert files == set(HANDLERS.values())


def test_every_handler_has_a_case() -> None:
    assert sorted(CASES) == sorted(HANDLERS)


def test_the_token_is_the_classes_own_and_pulumi_knows_it(handler: type[Resource]) -> None:
    assert HANDLERS[handler.type]
    coverage.resource_class(handler.type)


def test_every_word_of_the_table_is_an_input_that_pulumi_knows(handler: type[Resource]) -> None:
    inputs = set(coverage.pulumi_inputs(handler.type))
    said = {
        *handler.extras,
        *handler.ignores,
        *handler.required,
        *handler.defaults,
        *handler.documents,
        *handler.choices,
        *handler.identity,
        *handler.replace_on,
        *handler.refreshed,
        *(path.split(".")[0] for path in handler.references),
        *(path.split(".")[0] for path in handler.renames),
        *([handler.name_input] if handler.name_input else []),
    }
    assert said <= inputs


def test_every_output_is_one_that_pulumi_knows(handler: type[Resource]) -> None:
    said = {*handler.computed, *handler.formats, *handler.initial, *handler.secret_outputs, *handler.key.values()}
    assert said <= coverage.pulumi_outputs(handler.type)


def test_every_input_is_honoured_or_ignored_with_a_reason_or_refused(handler: type[Resource]) -> None:
    honoured, ignored, refused = coverage.sort_inputs(handler)
    assert sorted([*honoured, *ignored, *refused]) == coverage.pulumi_inputs(handler.type)
    assert all(reason.endswith(".") for reason in ignored.values())
    assert set(handler.required) <= set(honoured)


def test_every_reference_has_a_check(handler: type[Resource]) -> None:
    assert set(handler.references.values()) <= set(CHECKS)


def test_every_handler_tells_the_calls_it_makes(handler: type[Resource]) -> None:
    assert handler.__doc__
    assert len(inspect.cleandoc(handler.__doc__)) > 40


@pytest.mark.parametrize("token", [*PURE, *ASKING])
def test_every_invoke_is_one_that_pulumi_knows(token: str) -> None:
    import importlib

    module, name = token.removeprefix("aws:").split("/", 1)
    found = importlib.import_module("pulumi_aws" if module == "index" else f"pulumi_aws.{module}")
    snake = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name.split(":")[1])
    assert hasattr(found, snake)


def test_the_coverage_page_is_current() -> None:
    page = (ROOT / "docs" / "reference" / "COVERAGE.md").read_text()
    assert page == coverage.page(), "run: python -m mlops_iac.cloud.coverage > docs/reference/COVERAGE.md"
