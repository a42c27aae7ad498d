"""One reading of botocore's descriptions serves everybody in the process."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from botocore.exceptions import UnknownServiceError
from botocore.loaders import Loader

from mlops_iac.clients import Clients, Credentials
from mlops_iac.core.service_models import get_model, loader


def test_a_description_says_what_botocores_own_loader_says() -> None:
    ours, theirs = get_model("stepfunctions"), Loader().load_service_model("stepfunctions", "service-2")
    assert ours.metadata == theirs["metadata"]
    assert list(ours.operation_names) == list(theirs["operations"])
    assert list(ours.shape_for("CreateStateMachineInput").members) == list(
        theirs["shapes"]["CreateStateMachineInput"]["members"]
    )


def test_a_service_is_read_once_also_by_threads_that_want_it_at_the_same_time() -> None:
    with ThreadPoolExecutor(8) as pool:
        assert len({id(model) for model in pool.map(get_model, ["athena"] * 8)}) == 1


def test_a_client_works_from_the_same_description() -> None:
    client = Clients.embedded("http://127.0.0.1:1", "eu-west-1", credentials=Credentials("id", "secret"))("athena")
    assert client.meta.service_model.metadata is get_model("athena").metadata


def test_a_service_that_botocore_does_not_know_is_refused() -> None:
    with pytest.raises(UnknownServiceError):
        get_model("no-such-service")


def test_objects_are_plain_dictionaries() -> None:
    assert type(loader().load_service_model("athena", "service-2")) is dict
