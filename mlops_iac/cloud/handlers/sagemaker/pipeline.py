"""aws:sagemaker/pipeline:Pipeline."""

from __future__ import annotations

from mlops_iac.cloud.handlers._api import Api
from mlops_iac.cloud.handlers._base import Resource
from mlops_iac.cloud.handlers._tags import TagCalls
from mlops_iac.engine.handler import Scope
from mlops_iac.engine.values.value import Props


class Pipeline(Resource):
    """CreatePipeline, DescribePipeline, UpdatePipeline; a delete stops what runs first. A read refreshes definition,
    role, description and tags. A create under a name that exists is refused, and so is a role that does not exist,
    which moto accepts."""

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
        super().remove(api, scope, outputs)
