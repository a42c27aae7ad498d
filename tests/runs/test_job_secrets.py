"""A script gets the secrets of the systems that its step uses, and nothing tells of them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mlops_iac.core.secret_values import WHOLE, NoSecret, asked, values_of, without_orders

ORDERS = {
    "MLOPS_IAC_FETCH_1": "SNOWFLAKE_PASSWORD=acme/warehouse#password",
    "MLOPS_IAC_FETCH_2": "SNOWFLAKE_TOKEN=acme/warehouse#token",
    "MLOPS_IAC_FETCH_10": "WANDB_API_KEY=arn:aws:secretsmanager:eu-west-1:1:secret:w+=.@-AbCdEf#api_key",
    "WANDB_ENTITY": "acme",
}
WANTED = {"SNOWFLAKE_PASSWORD": "password", "SNOWFLAKE_TOKEN": "token"}


def no_file(text: str) -> str:
    raise AssertionError(text)


def test_what_is_wanted_is_read_of_the_variables_by_secret() -> None:
    assert asked(ORDERS) == {
        "acme/warehouse": WANTED,
        "arn:aws:secretsmanager:eu-west-1:1:secret:w+=.@-AbCdEf": {"WANDB_API_KEY": "api_key"},
    }
    assert without_orders(ORDERS) == {"WANDB_ENTITY": "acme"}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (json.dumps({"password": "p", "user": "u"}), {"SNOWFLAKE_PASSWORD": "p"}),
        (json.dumps({"token": "t", "password": ""}), {"SNOWFLAKE_TOKEN": "t"}),
        (json.dumps({"password": 7, "token": "t"}), {"SNOWFLAKE_PASSWORD": "7", "SNOWFLAKE_TOKEN": "t"}),
        ("  p4ss\n", {"SNOWFLAKE_PASSWORD": "p4ss"}),
        ("[1]", {"SNOWFLAKE_PASSWORD": "[1]"}),
    ],
)
def test_a_secret_is_an_object_or_the_first_value(text: str, found: dict[str, str]) -> None:
    assert values_of("acme/warehouse", text, WANTED, no_file) == found


def test_a_secret_that_holds_none_of_it_is_told_by_its_keys_alone() -> None:
    with pytest.raises(NoSecret) as told:
        values_of("acme/warehouse", json.dumps({"pwd": "hunter2"}), WANTED, no_file)
    assert str(told.value) == "The secret `acme/warehouse` has none of `password`, `token`; it has `pwd`."


def test_a_client_that_reads_a_file_gets_the_whole_secret(tmp_path: Path) -> None:
    kept: list[str] = []
    wanted = {"GOOGLE_APPLICATION_CREDENTIALS": WHOLE}
    assert values_of("acme/google", '{"type": "x"}', wanted, lambda text: kept.append(text) or "/tmp/f") == {
        "GOOGLE_APPLICATION_CREDENTIALS": "/tmp/f"
    }
    assert kept == ['{"type": "x"}']
