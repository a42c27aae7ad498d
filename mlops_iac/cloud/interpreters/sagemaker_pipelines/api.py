"""SageMaker Pipelines' API: pipelines are moto's, executions are ours.

Left to moto: the records of pipelines, and their tags. Not offered: changing an execution, and versions.
"""

from __future__ import annotations

import functools
import secrets
import string
import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from mlops_iac.cloud.iam.assuming import CannotAssume
from mlops_iac.cloud.interpreters.sagemaker_pipelines import caching, definition
from mlops_iac.cloud.interpreters.sagemaker_pipelines.callbacks import Callbacks
from mlops_iac.cloud.interpreters.sagemaker_pipelines.execution import FAILED, Execution
from mlops_iac.cloud.interpreters.sagemaker_pipelines.steps import StepFailed, Work, call
from mlops_iac.cloud.interpreters.sagemaker_pipelines.values import Unresolved, Values
from mlops_iac.cloud.jobs.records import Key, Records, now
from mlops_iac.cloud.jobs.s3_transfer import S3Uri
from mlops_iac.cloud.jobs.sagemaker_list import between
from mlops_iac.cloud.news import News
from mlops_iac.cloud.paging import paged
from mlops_iac.cloud.wire import AwsError, Call
from mlops_iac.core.evaluation import MOST_BYTES

if TYPE_CHECKING:
    from mlops_iac.cloud.gateway import Gateway

SERVICE: Final = "sagemaker.amazonaws.com"
"""Who assumes a pipeline's role."""
ENDED: Final = ("Failed", "Stopped", "Succeeded")
RETRIED: Final = ("Failed", "Stopped")
REFUSED: Final = (
    "ListPipelineVersions",
    "UpdatePipelineExecution",
    "UpdatePipelineVersion",
)
_SHOWN: Final = (
    "PipelineExecutionArn", "PipelineExecutionStatus", "PipelineExecutionDisplayName", "PipelineExecutionDescription",
    "CreationTime", "FailureReason",
)  # fmt: skip
"""What lists show of an execution."""
CLOUD_STOPPED: Final = "The embedded cloud stopped while this execution ran."


def install(gateway: Gateway) -> None:
    pipelines = Pipelines(gateway)
    for operation in ("CreatePipeline", "UpdatePipeline"):
        gateway.before("sagemaker", operation, pipelines.check)
    for operation in ("DeletePipeline", "DescribePipeline", "UpdatePipeline"):
        gateway.before("sagemaker", operation, pipelines.must_exist)
    gateway.before("sagemaker", "DeletePipeline", pipelines.must_be_idle)
    for operation, answer in (
        ("StartPipelineExecution", pipelines.start),
        ("StopPipelineExecution", pipelines.stop),
        ("RetryPipelineExecution", pipelines.retry),
        ("DescribePipelineExecution", pipelines.describe),
        ("ListPipelineExecutions", pipelines.list),
        ("ListPipelineExecutionSteps", pipelines.list_steps),
        ("ListPipelineParametersForExecution", pipelines.list_parameters),
        ("DescribePipelineDefinitionForExecution", pipelines.describe_definition),
        ("SendPipelineExecutionStepFailure", pipelines.callbacks.fail),
        ("SendPipelineExecutionStepSuccess", pipelines.callbacks.succeed),
    ):
        gateway.instead("sagemaker", operation, answer)
    for operation in REFUSED:
        gateway.instead("sagemaker", operation, functools.partial(_refuse, operation))
    gateway.before("sagemaker", "DeletePipeline", pipelines.forget_cache)
    gateway.on_restore(pipelines.settle)
    gateway.on_reset(pipelines.forget)


def _refuse(operation: str, _: Call) -> dict[str, Any]:
    raise AwsError("NotImplemented", f"The embedded cloud does not offer sagemaker:{operation}.", 501)


class Pipelines:
    """Executions of this cloud, by account, region, and ``<pipeline>/<id>``."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._records = Records(gateway, "pipelines")
        self._running: dict[Key, Execution] = {}
        self.callbacks = Callbacks(gateway.iam)

    # The API ------------------------------------------------------------------------------------------------------

    def check(self, call: Call) -> None:
        text = call.params.get("PipelineDefinition")
        if text:
            try:
                definition.parse(text)
            except ValueError as error:
                raise AwsError("ValidationException", f"Unable to parse pipeline definition: {error}.") from None

    def must_exist(self, call: Call) -> None:
        self._pipeline(call, call.params["PipelineName"])

    def forget_cache(self, call: Call) -> None:
        """A pipeline that is made anew has no runs."""
        begin = f"{call.params['PipelineName'].rsplit('/', 1)[-1]}/"
        for key, _ in [*self._records.each("cache", call.account_id, call.region, begin, whole=False)]:
            self._records.remove(key)

    def must_be_idle(self, call: Call) -> None:
        """https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_DeletePipeline.html"""
        begin = f"{call.params['PipelineName'].rsplit('/', 1)[-1]}/"
        found = self._records.each("execution", call.account_id, call.region, begin, whole=False)
        going = [record for _, record in found if record["PipelineExecutionStatus"] not in ENDED]
        if going:
            message = f"Pipeline {begin[:-1]} has {len(going)} running executions; stop them, and delete it then."
            raise AwsError("ConflictException", message, 409)

    def start(self, call: Call) -> dict[str, Any]:
        pipeline = self._pipeline(call, call.params["PipelineName"])
        document = definition.parse(pipeline.pipeline_definition)
        unknown = definition.find_unknown(document)
        if unknown:
            raise AwsError("NotImplemented", f"The embedded cloud does not run {unknown}.", 501)
        given = {one["Name"]: one["Value"] for one in call.params.get("PipelineParameters", ())}
        try:
            parameters = definition.settle_parameters(document, given)
        except ValueError as error:
            raise AwsError("ValidationException", f"{error}.") from None
        identity = "".join(secrets.choice(string.ascii_lowercase + string.digits) for _ in range(12))
        key = ("execution", call.account_id, call.region, f"{pipeline.pipeline_name}/{identity}")
        record = self._first_record(call, pipeline, identity, parameters)
        self._records.add(key, record)
        self._tell(key, record, "")
        self._begin(key, document)
        return {"PipelineExecutionArn": record["PipelineExecutionArn"]}

    def retry(self, call: Call) -> dict[str, Any]:
        """The same execution goes on from what did not succeed, with its own definition and parameters."""
        key, record = self._get(call)
        before = record["PipelineExecutionStatus"]
        if before not in RETRIED:
            raise AwsError("ValidationException", f"Only executions that failed can be retried; this one has {before}.")
        document = definition.parse(record["Definition"])
        self._records.change(key, PipelineExecutionStatus="Executing", LastModifiedTime=now(), FailureReason=None)
        self._tell(key, {**record, "PipelineExecutionStatus": "Executing"}, before)
        self._begin(key, document)
        return {"PipelineExecutionArn": record["PipelineExecutionArn"]}

    def stop(self, call: Call) -> dict[str, Any]:
        """Asks; the steps that run are stopped within moments, and the execution ends with them."""
        key, record = self._get(call)
        if record["PipelineExecutionStatus"] in ENDED:
            status = record["PipelineExecutionStatus"]
            raise AwsError("ValidationException", f"Only executions that run can be stopped; this one has {status}.")
        self._records.change(key, PipelineExecutionStatus="Stopping", LastModifiedTime=now())
        running = self._running.get(key)
        if running is not None:
            running.stopped.set()
        return {"PipelineExecutionArn": record["PipelineExecutionArn"]}

    def describe(self, call: Call) -> dict[str, Any]:
        _, record = self._get(call)
        kept = {name: value for name, value in record.items() if name not in ("Definition", "Parameters", "Steps")}
        return {name: value for name, value in kept.items() if value is not None}

    def list(self, call: Call) -> dict[str, Any]:
        pipeline = self._pipeline(call, call.params["PipelineName"])
        begin = f"{pipeline.pipeline_name}/"
        found = [
            record
            for _, record in self._records.each("execution", call.account_id, call.region, begin, whole=False)
            if between(record["CreationTime"], call.params.get("CreatedAfter"), call.params.get("CreatedBefore"))
        ]
        found.sort(key=lambda record: record["CreationTime"], reverse=call.params.get("SortOrder") != "Ascending")
        return paged("PipelineExecutionSummaries", [_summary(one) for one in found], call.params, limit=100)

    def list_steps(self, call: Call) -> dict[str, Any]:
        _, record = self._get(call)
        steps = record["Steps"] if call.params.get("SortOrder") == "Ascending" else record["Steps"][::-1]
        return paged("PipelineExecutionSteps", steps, call.params, limit=100)

    def list_parameters(self, call: Call) -> dict[str, Any]:
        _, record = self._get(call)
        values = [{"Name": name, "Value": str(value)} for name, value in record["Parameters"].items()]
        return paged("PipelineParameters", values, call.params, limit=100)

    def describe_definition(self, call: Call) -> dict[str, Any]:
        _, record = self._get(call)
        return {"PipelineDefinition": record["Definition"], "CreationTime": record["CreationTime"]}

    # The life of an execution -------------------------------------------------------------------------------------

    def settle(self) -> None:
        """After a restart of the cloud: what was running is not any more."""
        for key in self._records.living("execution"):
            record = self._records.find(key)
            if record and record["PipelineExecutionStatus"] not in ENDED:
                self._records.change(key, Steps=[_ended(step) for step in record["Steps"]])
                self._end(key, "Failed", CLOUD_STOPPED)
            self._records.put_away(key, _SHOWN)

    def forget(self) -> None:
        for execution in list(self._running.values()):
            execution.stopped.set()

    def _begin(self, key: Key, document: Mapping[str, Any]) -> None:
        identity = key[3].rpartition("/")[2]
        threading.Thread(target=self._live, args=(key, document), name=f"pipeline {identity}", daemon=True).start()

    def _live(self, key: Key, document: Mapping[str, Any]) -> None:
        record = self._records.find(key)
        if record is None:
            return
        execution = Execution(document, lambda steps: self._records.change(key, Steps=steps), record["Steps"])
        self._running[key] = execution
        if record["PipelineExecutionStatus"] == "Stopping":
            execution.stopped.set()
        try:
            status = execution.run(self._work(key, record, execution))
            self._end(key, status, FAILED if status == "Failed" else "")
        except CannotAssume as error:
            self._end(key, "Failed", str(error))
        except StepFailed as error:  # what an earlier attempt made is gone
            self._end(key, "Failed", str(error))
        finally:
            self._running.pop(key, None)

    def _work(self, key: Key, record: Mapping[str, Any], execution: Execution) -> Work:
        client = self.clients_of_role(record["RoleArn"], key, record["PipelineArn"])
        name, _, identity = key[3].rpartition("/")
        variables = {
            "PipelineExecutionId": identity,
            "PipelineExecutionArn": record["PipelineExecutionArn"],
            "PipelineName": name,
            "PipelineArn": record["PipelineArn"],
            "StartDateTime": record["CreationTime"].isoformat(),
        }

        def bell(kind: str, name: str) -> threading.Event:
            return self._gateway.bells.bell((kind, key[1], key[2], name))

        return Work(
            client=client,
            values=Values(record["Parameters"], variables, lambda uri: _read(client("s3"), uri)),
            execution_id=identity,
            stopped=execution.stopped,
            bell=bell,
            tell=execution.tell,
            choose=execution.choose,
            cache=PipelineCache(self._records, key, record),
            callback=self.callbacks.run,
        )

    def clients_of_role(self, role_arn: str, key: Key, pipeline_arn: str) -> Any:
        """The one place where a pipeline's steps get their clients: they act in its role. Raises `CannotAssume`."""
        return self._gateway.roles.clients(role_arn, SERVICE, "SageMakerPipelines", key[2], pipeline_arn)

    def _end(self, key: Key, status: str, reason: str) -> None:
        said = {"FailureReason": reason} if reason else {}
        before = self._records.find(key)
        self._records.change(key, PipelineExecutionStatus=status, LastModifiedTime=now(), **said)
        after = self._records.find(key)
        if before is not None and after is not None:
            self._tell(key, after, before["PipelineExecutionStatus"])
        self._records.put_away(key, _SHOWN)

    def _tell(self, key: Key, record: Mapping[str, Any], before: str) -> None:
        """Rules and alarms hear of it."""
        facts = {**record, "before": before}
        self._gateway.tell_news(News(kind="pipeline", account_id=key[1], region=key[2], facts=facts))

    # Finding ------------------------------------------------------------------------------------------------------

    def _first_record(self, call: Call, pipeline: Any, identity: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
        moment = now()
        asked = {
            name: call.params[name]
            for name in ("PipelineExecutionDisplayName", "PipelineExecutionDescription")
            if call.params.get(name)
        }
        return {
            "PipelineArn": pipeline.arn,
            "PipelineExecutionArn": f"{pipeline.arn}/execution/{identity}",
            "PipelineExecutionDisplayName": f"execution-{int(moment.timestamp() * 1000)}",
            **asked,
            "PipelineExecutionStatus": "Executing",
            "CreationTime": moment,
            "LastModifiedTime": moment,
            "RoleArn": call.params.get("RoleArn") or pipeline.role_arn,
            "Definition": pipeline.pipeline_definition,
            "Parameters": dict(parameters),
            "Steps": [],
        }

    def _pipeline(self, call: Call, name: str) -> Any:
        from moto.sagemaker.models import sagemaker_backends

        with self._gateway.locked("sagemaker"):
            found = sagemaker_backends[call.account_id][call.region].pipelines.get(name.rsplit("/", 1)[-1])
        if found is None:
            raise AwsError("ResourceNotFound", f"Pipeline '{name}' does not exist.", 400)
        return found

    def _get(self, call: Call) -> tuple[Key, dict[str, Any]]:
        arn = str(call.params.get("PipelineExecutionArn") or "")
        name = arn.partition(":pipeline/")[2].replace("/execution/", "/")
        key = ("execution", call.account_id, call.region, name)
        record = self._records.find(key)
        if record is None:
            raise AwsError("ResourceNotFound", f"Pipeline execution with ARN {arn} does not exist.", 400)
        return key, record


class PipelineCache:
    """The cache of one pipeline, in the cloud's records."""

    def __init__(self, records: Records, key: Key, record: Mapping[str, Any]) -> None:
        self._records, self._key, self._arn = records, key, record["PipelineExecutionArn"]
        self._pipeline = record["PipelineArn"]

    def find(self, step: Mapping[str, Any], work: Work) -> Mapping[str, Any] | None:
        known = self._records.find(self._place(step, work))
        fresh = known is not None and now() - known["ended"] <= caching.longest(step)
        return known if fresh else None

    def keep(self, step: Mapping[str, Any], metadata: Mapping[str, Any], work: Work) -> None:
        place, made = self._place(step, work), {"execution": self._arn, "metadata": dict(metadata), "ended": now()}
        if not self._records.add(place, made):
            self._records.change(place, **made)
        self._records.put_away(place, ())

    def _place(self, step: Mapping[str, Any], work: Work) -> Key:
        _, account, region, name = self._key
        found = caching.signature(step, work.values.settle(step["Arguments"]), self._pipeline)
        return ("cache", account, region, f"{name.partition('/')[0]}/{step['Name']}/{found}")


def _ended(step: dict[str, Any]) -> dict[str, Any]:
    """A step of an execution that the cloud's end has ended."""
    if step["StepStatus"] not in ("Starting", "Executing", "Stopping"):
        return step
    return {**step, "StepStatus": "Failed", "EndTime": now(), "FailureReason": CLOUD_STOPPED}


def _summary(record: Mapping[str, Any]) -> dict[str, Any]:
    shown = ("PipelineExecutionArn", "PipelineExecutionStatus", "PipelineExecutionDisplayName")
    summary = {name: record[name] for name in (*shown, "PipelineExecutionDescription") if name in record}
    reason = record.get("FailureReason")
    failure = {"PipelineExecutionFailureReason": reason} if reason else {}
    return {**summary, "StartTime": record["CreationTime"], **failure}


def _read(s3: Any, uri: str) -> bytes:
    place = S3Uri.parse(uri)
    try:
        answer = call(s3.get_object, Bucket=place.bucket, Key=place.key)
    except StepFailed as error:
        raise Unresolved(f"ClientError: Property file {uri} cannot be read: {error}") from None
    if answer["ContentLength"] > MOST_BYTES:
        answer["Body"].close()
        raise Unresolved(
            f"ClientError: Property file {uri} has {answer['ContentLength']:,} bytes; at most {MOST_BYTES:,} are read."
        )
    body: bytes = answer["Body"].read()
    return body
