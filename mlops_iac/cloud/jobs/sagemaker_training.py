"""SageMaker training jobs: AWS's framework images in script mode, as processes."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, ClassVar

from mlops_iac.cloud.gateway import AwsError, Call
from mlops_iac.cloud.jobs import script_mode
from mlops_iac.cloud.jobs.checkpoints import USUAL, checkpoints_of
from mlops_iac.cloud.jobs.cluster import Place, place
from mlops_iac.cloud.jobs.code import fetch_code
from mlops_iac.cloud.jobs.environments import PythonEnvironment
from mlops_iac.cloud.jobs.failure import JobFailed, JobStopped, last_error
from mlops_iac.cloud.jobs.host import Host, check_role
from mlops_iac.cloud.jobs.instance import Instance, Program
from mlops_iac.cloud.jobs.logs import LogStream
from mlops_iac.cloud.jobs.metrics import MetricReader
from mlops_iac.cloud.jobs.process import End, Outcome
from mlops_iac.cloud.jobs.records import Key, now
from mlops_iac.cloud.jobs.s3_transfer import (
    S3Uri,
    Source,
    download,
    has_objects,
    no_objects,
    pack,
    upload_file,
    upload_folder,
)
from mlops_iac.cloud.jobs.sagemaker_job import Run, SageMakerJobs
from mlops_iac.cloud.jobs.spot import Interrupted, Spot, check_spot
from mlops_iac.core.script_mode import MOST_INSTANCES

_MESSAGES = {
    "Starting": "Preparing the instances for training",
    "Downloading": "Downloading the training data",
    "Training": "Training image download completed. Training in progress.",
    "Uploading": "Uploading generated training model",
    "Completed": "Training job completed",
    "Interrupted": "Spot capacity was taken back; waiting for more",
    "MaxWaitTimeExceeded": "Training job exceeded MaxWaitTimeInSeconds provided",
    "Stopping": "Stopping the training job",
    "Stopped": "Training job stopped",
    "Failed": "Training job failed",
    "MaxRuntimeExceeded": "Training job runtime exceeded MaxRuntimeInSeconds provided",
}
_LAST = ("Completed", "Failed", "Stopped", "MaxRuntimeExceeded", "MaxWaitTimeExceeded")
_SETUP_FOLDERS = ("/opt/ml/input/config", "/opt/ml/input/data", "/opt/ml/model", "/opt/ml/output/data", "/opt/ml/code")


class TrainingJobs(SageMakerJobs):
    noun: ClassVar[str] = "TrainingJob"
    kind: ClassVar[str] = "training-job"
    group: ClassVar[str] = "/aws/sagemaker/TrainingJobs"
    summary: ClassVar[tuple[str, ...]] = ("TrainingEndTime", "SecondaryStatus")

    def __init__(self, host: Host) -> None:
        super().__init__(host)
        self.listeners: dict[Key, Callable[[str, float], None]] = {}
        """Who is told each value of a job's metrics as it is logged."""

    def check(self, call: Call) -> None:
        asked = call.params
        check_role(self.host, asked["RoleArn"])
        if not asked["AlgorithmSpecification"].get("TrainingImage"):
            raise AwsError("ValidationException", "The embedded cloud runs training images only: give TrainingImage.")
        s3 = self.host.acting(asked["RoleArn"], call.region)("s3")
        check_spot(asked)
        local = asked.get("CheckpointConfig", {}).get("LocalPath", USUAL)
        if not local.startswith("/opt/ml/") or ".." in local.split("/"):
            raise AwsError("ValidationException", f"CheckpointConfig.LocalPath must lie in /opt/ml: {local}")
        for channel in asked.get("InputDataConfig", ()):
            uri = channel["DataSource"].get("S3DataSource", {}).get("S3Uri")
            if uri is None:
                raise AwsError("ValidationException", f"Channel `{channel['ChannelName']}` has no S3DataSource.")
            if not has_objects(s3, uri):
                raise AwsError("ValidationException", no_objects(uri))

    def described(self, call: Call) -> dict[str, Any]:
        asked = super().described(call)
        started = {"Status": "Starting", "StartTime": now(), "StatusMessage": _MESSAGES["Starting"]}
        return {
            "EnableNetworkIsolation": False,
            "EnableInterContainerTrafficEncryption": False,
            "EnableManagedSpotTraining": False,
            **asked,
            "SecondaryStatus": "Starting",
            "SecondaryStatusTransitions": [started],
        }

    def interrupt(self, asked: Mapping[str, str]) -> dict[str, Any]:
        """Our own API: take the machine of a spot job away, by the job's name."""
        found = [run for run in list(self._running.values()) if run.name == asked.get("job")]
        for run in found:
            if run.record.get("EnableManagedSpotTraining") and run.interrupt():
                return {"interrupted": run.name}
        why = "it does not train on spot capacity right now" if found else "no training job of this name runs"
        return {"refused": f"`{asked.get('job')}`: {why}."}

    def install(self) -> None:
        super().install()
        self.host.gateway.own["POST", "interrupt"] = self.interrupt

    def moved(self, key: Key, status: str, message: str = "") -> None:
        """Enter a secondary status: the one before ends now."""
        record = self.host.records.find(key)
        if record is None or record["SecondaryStatus"] in (status, *_LAST):
            return
        moment = now()
        *before, last = record["SecondaryStatusTransitions"]
        entry = {"Status": status, "StartTime": moment, "StatusMessage": message[:1024] or _MESSAGES[status]}
        if status in _LAST:
            entry["EndTime"] = moment
        self.host.records.change(
            key,
            SecondaryStatus=status,
            SecondaryStatusTransitions=[*before, {**last, "EndTime": last.get("EndTime", moment)}, entry],
            LastModifiedTime=moment,
        )

    def ended(self, key: Key) -> dict[str, Any]:
        self.listeners.pop(key, None)
        record = self.host.records.find(key)
        if record is None or "TrainingStartTime" not in record:
            return {}
        end = now()
        seconds = max(1, round((end - record["TrainingStartTime"]).total_seconds()))
        return {"TrainingEndTime": end, "TrainingTimeInSeconds": seconds, "BillableTimeInSeconds": seconds}

    # The work -----------------------------------------------------------------------------------------------------

    def work(self, run: Run) -> dict[str, Any]:
        asked = run.record
        self._refuse_what_cannot_run(asked)
        image, disk = asked["AlgorithmSpecification"]["TrainingImage"], asked["ResourceConfig"].get("VolumeKmsKeyId")
        run.claim(image, disk, asked.get("VpcConfig"))
        self.host.records.change(run.key, TrainingStartTime=now())
        run.grow(asked["ResourceConfig"].get("InstanceCount", 1))
        spot = Spot(asked)
        while True:
            try:
                return self._attempt(run, spot)
            except Interrupted:
                self.moved(run.key, "Interrupted")
                run.begin_again()
                self.moved(run.key, "Starting")

    def _attempt(self, run: Run, spot: Spot) -> dict[str, Any]:
        """From empty machines to the job's end. Raises Interrupted when they were taken away."""
        asked = run.record
        self.moved(run.key, "Downloading")
        hyperparameters = script_mode.decode(asked.get("HyperParameters", {}))
        code = None
        for instance in run.instances:
            for folder in _SETUP_FOLDERS:
                instance.workspace.folder(folder)
            self._download_inputs(run, instance)
            code = fetch_code(run, instance, hyperparameters)
        environment = self.host.environment(asked["AlgorithmSpecification"]["TrainingImage"], code)

        self.moved(run.key, "Training")
        metrics = self._read_metrics(run)
        checkpoints = [
            found for one in run.instances if (found := checkpoints_of(asked, run.s3, one.workspace.view.real))
        ]
        for one in checkpoints:
            one.start()
        try:
            instance, outcome = self._train(run, spot, hyperparameters, environment)
        except JobStopped:
            if run.interrupted and not run.stopping:
                raise Interrupted from None
            if not run.killed:  # a stopped job keeps what it made so far, as on AWS
                self._upload(run, with_model=True)
            raise
        finally:
            self.host.records.change(run.key, FinalMetricDataList=metrics.final())
            if not run.killed:
                for one in checkpoints:
                    one.end()
        return self._after(run, instance, outcome, spot.ending)

    def _read_metrics(self, run: Run) -> MetricReader:
        """Metrics come from the logs of all instances."""
        definitions = run.record["AlgorithmSpecification"].get("MetricDefinitions", ())
        metrics = MetricReader(definitions, self.listeners.get(run.key))

        def reading(log: LogStream) -> Callable[[str], None]:
            def on_line(line: str) -> None:
                log.write(line)
                metrics.read(line)

            return on_line

        for instance in run.instances:
            instance.on_line = reading(instance.log)
        return metrics

    def _train(
        self, run: Run, spot: Spot, hyperparameters: Mapping[str, Any], environment: PythonEnvironment
    ) -> tuple[Instance, Outcome]:
        """Run the script on each instance until all have ended, or one has failed. Raises JobStopped and JobFailed."""
        reach = run.network
        try:
            with place(len(run.instances), reach) as at, spot.counting():
                programs = {
                    instance: Program(
                        self._command(run, instance, hyperparameters, environment, at),
                        self._variables(run, instance, hyperparameters, environment, at),
                    )
                    for instance in run.instances
                }
                return run.execute_all(programs, environment, at, reach, folder="/opt/ml/code", timeout=spot.left)
        except OSError as error:
            raise JobFailed(f"ClientError: The instances could not be connected: {error}") from error

    def _refuse_what_cannot_run(self, asked: Mapping[str, Any]) -> None:
        count = asked["ResourceConfig"].get("InstanceCount", 1)
        if count > MOST_INSTANCES:
            raise JobFailed(
                f"ClientError: The embedded cloud runs at most {MOST_INSTANCES} instances of one training on this "
                f"machine; this job asks for {count}."
            )
        if asked["ResourceConfig"].get("InstanceGroups"):
            raise JobFailed("ClientError: The embedded cloud offers InstanceType and InstanceCount, no InstanceGroups.")
        specification = asked["AlgorithmSpecification"]
        modes = [specification["TrainingInputMode"], *(c.get("InputMode") for c in asked.get("InputDataConfig", ()))]
        if "Pipe" in modes:
            raise JobFailed("ClientError: The embedded cloud offers the input modes File and FastFile, not Pipe.")

    def _download_inputs(self, run: Run, instance: Instance) -> None:
        for channel in run.record.get("InputDataConfig", ()):
            run.go_on()
            data = channel["DataSource"]["S3DataSource"]
            source = Source(data["S3Uri"], data["S3DataType"], data.get("S3DataDistributionType") == "ShardedByS3Key")
            folder = instance.workspace.folder(f"/opt/ml/input/data/{channel['ChannelName']}")
            download(run.s3, source, folder, instance.number, len(run.instances))

    def _command(
        self,
        run: Run,
        instance: Instance,
        hyperparameters: Mapping[str, Any],
        environment: PythonEnvironment,
        at: Place,
    ) -> list[str]:
        asked = run.record
        specification = asked["AlgorithmSpecification"]
        if specification.get("ContainerEntrypoint"):
            return [*specification["ContainerEntrypoint"], *specification.get("ContainerArguments", ())]
        program = hyperparameters.get(script_mode.PROGRAM) or asked.get("Environment", {}).get("SAGEMAKER_PROGRAM")
        if not program:
            raise JobFailed(
                "AlgorithmError: The hyperparameter sagemaker_program is missing: there is no script to run."
            )
        given = script_mode.arguments(hyperparameters)
        processes = int(hyperparameters.get(script_mode.PROCESSES) or len(run.gpus(instance).devices) or 1)
        if hyperparameters.get(script_mode.MPI):
            if not environment.has("mpirun"):
                raise JobFailed("ClientError: The image has no mpirun; AWS's images of PyTorch have it.")
            shell = at.remote_shell(instance)
            if instance.name != at.names[0]:
                return shell.serve
            names = self._variables(run, instance, hyperparameters, environment, at)
            return script_mode.mpirun(str(program), given, processes, at.names, at.interface, [*names], shell.agent)
        if hyperparameters.get(script_mode.TORCHRUN):
            if not environment.has("torchrun"):
                raise JobFailed("ClientError: The image has no torchrun: it comes with PyTorch.")
            master = at.master(instance), at.master_port
            return script_mode.torchrun(str(program), given, processes, at.names, instance.name, master)
        return script_mode.command(str(program), "python", given)

    def _variables(
        self,
        run: Run,
        instance: Instance,
        hyperparameters: Mapping[str, Any],
        environment: PythonEnvironment,
        at: Place,
    ) -> dict[str, str]:
        asked, workspace = run.record, instance.workspace
        channels = script_mode.channel_configuration(asked.get("InputDataConfig", ()))
        resources = script_mode.resource_configuration(
            asked["ResourceConfig"].get("InstanceType", "local"), instance.number, len(run.instances), at.interface
        )
        workspace.write_json("/opt/ml/input/config/hyperparameters.json", asked.get("HyperParameters", {}))
        workspace.write_json("/opt/ml/input/config/inputdataconfig.json", channels)
        workspace.write_json("/opt/ml/input/config/resourceconfig.json", resources)
        variables = script_mode.variables(
            job=run.name,
            hyperparameters=hyperparameters,
            channels=channels,
            resources=resources,
            submit_directory=str(hyperparameters.get(script_mode.SUBMIT_DIRECTORY, "")),
            path=workspace.view.path,
            gpus=len(run.gpus(instance).devices),
        )
        named = {
            "TRAINING_JOB_NAME": run.name,
            "TRAINING_JOB_ARN": asked["TrainingJobArn"],
            "PYTHONPATH": "/opt/ml/code",
            **({"LD_LIBRARY_PATH": environment.libraries} if hyperparameters.get(script_mode.MPI) else {}),
        }
        return {**asked.get("Environment", {}), **named, **variables}

    def _after(self, run: Run, instance: Instance, outcome: Outcome, ending: str) -> dict[str, Any]:
        """Upload what the job made, then say how it ended."""
        timed_out = outcome.end is End.TIMED_OUT
        self.moved(run.key, "Uploading")
        self._upload(run, with_model=outcome.code == 0 or timed_out)
        if timed_out:
            self.moved(run.key, ending)
            return {"TrainingJobStatus": "Stopped", "SecondaryStatus": ending} | self._artifacts(run)
        if outcome.code != 0:
            raise JobFailed(_reason(run, instance, outcome))
        return self._artifacts(run)

    def _upload(self, run: Run, *, with_model: bool) -> None:
        output = run.record["OutputDataConfig"]
        target, key_id = S3Uri.parse(output["S3OutputPath"]) / run.name / "output", output.get("KmsKeyId")
        raw = output.get("CompressionType") == "NONE"
        model, data = _gathered(run, "/opt/ml/model"), _gathered(run, "/opt/ml/output")
        if with_model and raw:
            upload_folder(run.s3, model, target / "model", key_id)
        elif with_model:
            _store(run, model, target / "model.tar.gz", key_id)
        if any(file.is_file() for file in data.rglob("*")):
            _store(run, _outputs(run, data), target / "output.tar.gz", key_id)

    def _artifacts(self, run: Run) -> dict[str, Any]:
        output = run.record["OutputDataConfig"]
        place = S3Uri.parse(output["S3OutputPath"]) / run.name / "output"
        model = place / ("model/" if output.get("CompressionType") == "NONE" else "model.tar.gz")
        return {"ModelArtifacts": {"S3ModelArtifacts": str(model)}}


def _store(run: Run, folder: Path, target: S3Uri, key_id: str | None) -> None:
    archive = run.workspace.aside / target.key.rsplit("/", 1)[-1]
    pack(folder, archive)
    upload_file(run.s3, archive, target, key_id)


def _outputs(run: Run, output: Path) -> Path:
    """What goes into output.tar.gz: the content of output/data, and the failure file when there is one."""
    failure = output / "failure"
    if failure.is_file():
        shutil.copy(failure, output / "data" / "failure")
    return output / "data"


def _gathered(run: Run, inside: str) -> Path:
    """A folder of all instances in one, the first one's. They should name their files differently; where they did not,
    the first one's is kept."""
    whole = run.workspace.view.real(inside)
    for instance in run.instances[1:]:
        folder = instance.workspace.view.real(inside)
        for file in sorted(folder.rglob("*")):
            target = whole / file.relative_to(folder)
            if not file.is_dir() and not os.path.lexists(target):
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.move(file, target)
    return whole


def _reason(run: Run, instance: Instance, outcome: Outcome) -> str:
    """The script's own /opt/ml/output/failure, else what its log ends with; both with AWS's frame around them."""
    failure = instance.workspace.view.real("/opt/ml/output/failure")
    where = f"{instance.name}: " if len(run.instances) > 1 else ""
    if failure.is_file():
        text = failure.read_text("utf-8", "replace").strip()
    else:
        command = script_mode.shown(instance.command)
        error = f'ErrorMessage "{last_error(instance.log.last)}"\nCommand "{command}"'
        text = f"ExecuteUserScriptError:\nExitCode {outcome.exit_code}\n{error}"
    return f"AlgorithmError: {where}{text[:900]}, exit code: {outcome.exit_code}"
