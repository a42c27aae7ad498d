"""Endpoints serve models with the team's own functions."""

from __future__ import annotations

import json

ADDER = """
import json, os
def model_fn(model_dir):
    return json.load(open(os.path.join(model_dir, "model.json")))["add"]
def input_fn(body, content_type):
    return json.loads(body)
def predict_fn(data, model):
    return [x + model for x in data]
def output_fn(prediction, accept):
    return json.dumps({"sums": prediction}), accept
"""


def adder(cloud, name, add):
    cloud.model(ADDER, name=name, model={"model.json": json.dumps({"add": add})})
    cloud.endpoint_config(f"{name}-config", name)


def test_an_endpoint_answers_with_the_teams_own_functions(cloud):
    adder(cloud, "plus-two", 2)
    endpoint = cloud.endpoint(config="plus-two-config")
    assert endpoint["EndpointStatus"] == "InService", endpoint.get("FailureReason")
    answer = cloud.invoke("[1, 2]")
    assert json.load(answer["Body"]) == {"sums": [3, 4]}
    assert answer["ContentType"] == "application/json"
    assert answer["InvokedProductionVariant"] == "all"
