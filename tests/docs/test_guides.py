"""The Python of the guides for teams, run: what they tell people to save works as they say."""

from __future__ import annotations

import contextlib
import io
import json

import pytest

from tests.docs.pages import CHECKOUT, SCRIPT, read_blocks


def script(page: str, name: str) -> dict:
    """The names that a script of a guide defines."""
    blocks = [one.text for one in read_blocks(CHECKOUT / "docs/guides" / page) if one.kind == "python"]
    (text,) = [text for text in blocks if (found := SCRIPT.match(text)) and found[1] == name]
    names: dict = {}
    exec(compile(text, f"{page}:{name}", "exec"), names)
    return names


def test_the_inference_script_decides(tmp_path):
    functions = script("inference.md", "inference.py")
    (tmp_path / "model.json").write_text('{"least_hours": 10}')
    model = functions["model_fn"](str(tmp_path))
    rows = functions["input_fn"](b'{"instances": [{"usage_hours": 3}, {"usage_hours": 30}]}', "application/json")
    answer = functions["output_fn"](functions["predict_fn"](rows, model), "application/json")
    assert json.loads(answer) == {"predictions": ["call", "leave"]}
    with pytest.raises(ValueError, match="send application/json"):
        functions["input_fn"](b"1,2", "text/csv")


def test_the_application_asks_the_endpoint(monkeypatch):
    import boto3

    asked = {}

    class Client:
        def invoke_endpoint(self, **arguments):
            asked.update(arguments)
            return {"Body": io.BytesIO(b'{"predictions": ["call"]}')}

    monkeypatch.setattr(boto3, "client", lambda service: Client() if service == "sagemaker-runtime" else None)
    decide = script("calling-the-endpoint.md", "application.py")["decide"]
    assert decide([{"usage_hours": 3}], "churn-dev-endpoint") == ["call"]
    assert (asked["EndpointName"], json.loads(asked["Body"])) == (
        "churn-dev-endpoint", {"instances": [{"usage_hours": 3}]},
    )  # fmt: skip


@pytest.mark.parametrize("name", ["signed.py", "keyed.py"])
def test_the_application_asks_the_api(name, monkeypatch):
    import urllib.request

    import boto3

    sent = {}

    def urlopen(request):
        sent.update(url=request.full_url, body=json.loads(request.data), headers=dict(request.header_items()))
        return contextlib.nullcontext(io.BytesIO(b'{"predictions": ["call"]}'))

    keys = {"aws_access_key_id": "AKIA", "aws_secret_access_key": "x", "region_name": "eu-west-1"}
    session = boto3.Session(**keys)
    monkeypatch.setattr(boto3, "Session", lambda: session)
    monkeypatch.setattr(urllib.request, "urlopen", urlopen)
    decide = script("calling-the-endpoint.md", name)["decide"]
    way = {"x-api-key": "k"} if name == "keyed.py" else {}
    assert decide([{"usage_hours": 3}], "https://a.execute-api.eu-west-1.amazonaws.com/live/predict", **way) == ["call"]
    assert sent["body"] == {"instances": [{"usage_hours": 3}]}
    assert sent["headers"].get("X-api-key") == way.get("x-api-key")
    assert ("/eu-west-1/execute-api/aws4_request" in sent["headers"].get("Authorization", "")) == (name == "signed.py")


def test_the_functions_that_the_guide_names_are_those_that_are_called():
    """From the model server's own source, so that a function which is added there is missed here."""
    import re

    server = (CHECKOUT / "mlops_iac/cloud/endpoints/model_server.py").read_text()
    called = set(re.findall(r'getattr\(script, "(\w+_fn)"', server))
    guide = (CHECKOUT / "docs/guides/inference.md").read_text()
    assert called <= set(re.findall(r"`(\w+_fn)\(", guide))
