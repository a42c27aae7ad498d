"""What asks an adopted Snowflake: how it signs in, and what its arguments mean. Answers: e2e/test_snowflake.py."""

from __future__ import annotations

import json

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from mlops_iac.runs.shipped import mlops_iac_ask as ask


def test_sql_is_put_together_though_a_piece_looks_like_an_option() -> None:
    sql = '--x\nSELECT "a" FROM t WHERE b = ?'
    text = json.dumps(sql)[1:-1]
    told = ask.pairs(["--sql-1", '"', "--sql-2", text[:2], "--sql-3", f'{text[2:]}"', "--format", "csv"])
    assert json.loads("".join(ask.numbered(told, "sql"))) == sql
    assert told["format"] == "csv"


def test_only_numbers_are_bound_as_numbers() -> None:
    told = {"value-1": "007", "value-2": "7", "value-3": "0.5", "numbers": "2,3"}
    assert ask.bound(told) == ["007", 7, 0.5]
    assert ask.bound({}) == []


def test_it_signs_in_by_what_the_secret_has() -> None:
    variables = {"SNOWFLAKE_ACCOUNT": "acme", "SNOWFLAKE_USER": "ML", "SNOWFLAKE_HOST": "", "AWS_REGION": "eu-west-1"}
    usual = {"account": "acme", "user": "ML", "paramstyle": "qmark", "application": "mlops_iac"}
    assert ask.settings({**variables, "SNOWFLAKE_PASSWORD": "p"}) == {**usual, "password": "p"}
    token = {"SNOWFLAKE_TOKEN": "t", "SNOWFLAKE_AUTHENTICATOR": "PROGRAMMATIC_ACCESS_TOKEN"}
    assert ask.settings({**variables, **token}) == {
        **usual,
        "token": "t",
        "authenticator": "PROGRAMMATIC_ACCESS_TOKEN",
    }


def test_a_private_key_is_handed_on_as_the_connector_takes_it() -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    plain = serialization.NoEncryption()
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain).decode()
    found = ask.settings({"SNOWFLAKE_PRIVATE_KEY_RAW": pem})["private_key"]
    assert found == key.private_bytes(serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, plain)
