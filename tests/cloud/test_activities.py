"""Nothing fakes success: what claims that something was done is done, or refused in AWS's form."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Iterator

import botocore.session
import moto
import pytest
from botocore import xform_name
from botocore.exceptions import ClientError

from mlops_iac.cloud import endpoints, jobs
from mlops_iac.cloud.activities import DONE, INVENTED, is_pretended

BOTOCORE = botocore.session.Session()
NAMES = {"awslambda": "lambda", "sagemakerruntime": "sagemaker-runtime"}


def of_moto() -> Iterator[tuple[str, str]]:
    """Every operation that this moto implements: service and operation, by botocore's names."""
    from moto.core.responses import BaseResponse

    known = set(BOTOCORE.get_available_services())
    for found in pkgutil.iter_modules(moto.__path__):
        try:
            module = importlib.import_module(f"moto.{found.name}.responses")
        except ImportError:
            continue
        service = next(
            (n for n in (NAMES.get(found.name), found.name, found.name.replace("data", "-data")) if n in known), ""
        )
        kinds = [k for k in vars(module).values() if inspect.isclass(k) and issubclass(k, BaseResponse)]
        if service and kinds:
            methods = {name for kind in kinds for name in dir(kind)}
            model = BOTOCORE.get_service_model(service)
            yield from ((service, name) for name in model.operation_names if xform_name(name) in methods)


@pytest.fixture(scope="module")
def installs():
    return (jobs.install, endpoints.install)


def test_what_is_said_to_be_done_is_an_operation() -> None:
    unknown = [
        f"{service}:{operation}"
        for service, operations in DONE.items()
        for operation in operations
        if operation not in BOTOCORE.get_service_model(service).operation_names
    ]
    assert not unknown
    assert list(DONE) == sorted(DONE)
    assert all(list(operations) == sorted(operations) for operations in DONE.values())


def test_no_operation_is_done_and_pretended() -> None:
    assert not [(s, o) for s, operations in DONE.items() for o in operations if is_pretended(s, o)]
    assert not INVENTED & set(DONE)


def test_what_moto_pretends_is_refused_unless_it_is_answered_by_ours(cloud) -> None:
    """Found by machine over all that this moto implements; a later moto's new operations are held to it too."""
    pretended = {(service, operation) for service, operation in of_moto() if is_pretended(service, operation)}
    ours = {pair for pair in pretended if cloud.gateway.is_ours(*pair)}
    assert ours >= {
        ("sagemaker", "CreateHyperParameterTuningJob"),
        ("sagemaker", "CreateProcessingJob"),
        ("sagemaker", "CreateTrainingJob"),
        ("sagemaker", "CreateTransformJob"),
        ("sagemaker-runtime", "InvokeEndpoint"),
    }
    assert ("glue", "StartJobRun") in pretended


@pytest.mark.parametrize(
    ("service", "operation", "params"),
    [
        ("glue", "start_job_run", {"JobName": "nightly"}),
        ("glue", "start_crawler", {"Name": "raw"}),
        ("ecs", "run_task", {"taskDefinition": "t"}),
        ("codebuild", "start_build", {"projectName": "p"}),
        ("comprehend", "detect_sentiment", {"Text": "fine", "LanguageCode": "en"}),
        ("ssm", "send_command", {"DocumentName": "AWS-RunShellScript"}),
        ("ses", "send_raw_email", {"RawMessage": {"Data": b"x"}}),
        ("redshift-data", "execute_statement", {"Database": "d", "Sql": "select 1"}),
    ],
)
def test_a_pretended_operation_answers_not_implemented_in_awss_form(cloud, service, operation, params) -> None:
    client = cloud.clients()(service)
    with pytest.raises(ClientError) as refused:
        getattr(client, operation)(**params)
    answer = refused.value.response
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 501
    assert answer["Error"]["Code"] == "NotImplemented"
    assert "does not offer" in answer["Error"]["Message"]
