"""aws:sagemaker/pipeline:Pipeline."""

from __future__ import annotations

import time
from typing import Final

from mlops_iac.cloud.handlers._api import Api
from mlops_iac.cloud.handlers._base import Resource
from mlops_iac.cloud.handlers._tags import TagCalls
from mlops_iac.engine.handler import Scope
from mlops_iac.engine.values.value import Props

GOING: Final = ("Executing", "Stopping")
LONGEST_STOP: Final = 60.0
"""Seconds for the jobs of an execution to be stopped."""
POLL: Final = 0.1


class Pipeline(Resource):
    """CreatePipeline, DescribePipeline, UpdatePipeline; a delete stops what runs, and waits for its end, first. A read
    refreshes definition, role, description and tags. A create under a name that exists is refused, and so is a role
    that does not exist, which moto accepts."""

    type = "aws:sagemaker/pipeline:Pipeline"
    service = "sagemaker"
    create_op, read_op = "CreatePipeline", "DescribePipeline"
    update_op, delete_op = "UpdatePipeline", "DeletePipeline"
    documents = frozenset({"pipelineDefinition"})
    required = frozenset({"pipelineDisplayName", "roleArn"})
    references = {"roleArn": "role"}
    name_input, name_limit, prefix_input = "pipelineName", 256, ""
    id_from = "pipelineName"
    key = {"PipelineName": "pipelineName"}
    computed = {"arn": "PipelineArn"}
    refreshed = {
        "pipelineDefinition": "PipelineDefinition",
        "pipelineDescription": "PipelineDescription",
        "pipelineDisplayName": "PipelineDisplayName",
        "roleArn": "RoleArn",
    }
    tags = TagCalls(put="AddTags", take="DeleteTags", list="ListTags")
    create_calls = 3

    def prepare(self, api: Api, scope: Scope, inputs: Props) -> None:
        name = inputs["pipelineName"]
        if api.maybe("DescribePipeline", PipelineName=name) is not None:
            message = f"Pipeline names must be unique within an AWS account and region; there is a pipeline {name}."
            raise api.refuse("CreatePipeline", message, "ValidationException")

    def remove(self, api: Api, scope: Scope, outputs: Props) -> None:
        answer = api.maybe("ListPipelineExecutions", PipelineName=outputs["pipelineName"]) or {}
        for execution in answer.get("PipelineExecutionSummaries", []):
            if execution["PipelineExecutionStatus"] == "Executing":
                api.maybe("StopPipelineExecution", PipelineExecutionArn=execution["PipelineExecutionArn"])
        for execution in answer.get("PipelineExecutionSummaries", []):
            if execution["PipelineExecutionStatus"] in GOING:
                _wait(api, execution["PipelineExecutionArn"])
        super().remove(api, scope, outputs)


def _wait(api: Api, execution: str) -> None:
    """Until it has ended. Raises nothing after `LONGEST_STOP`: the delete says then that it goes on."""
    deadline = time.monotonic() + LONGEST_STOP
    while time.monotonic() < deadline:
        found = api.maybe("DescribePipelineExecution", PipelineExecutionArn=execution)
        if found is None or found["PipelineExecutionStatus"] not in GOING:
            return
        time.sleep(POLL)
