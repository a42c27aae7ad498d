"""The SageMaker SDK, version 2: a processing job, a training job and an endpoint, with logs and artefacts."""

import os
import tarfile
from pathlib import Path

import boto3
import sagemaker
from sagemaker.processing import ProcessingInput, ProcessingOutput
from sagemaker.s3 import S3Downloader, S3Uploader
from sagemaker.serverless import ServerlessInferenceConfig
from sagemaker.sklearn.estimator import SKLearn
from sagemaker.sklearn.processing import SKLearnProcessor

BUCKET, STACK = os.environ["MLOPS_IAC_BUCKET"], os.environ["MLOPS_IAC_STACK"]
ROLE = boto3.client("iam").get_role(RoleName=f"{STACK}-compute-job-role")["Role"]["Arn"]
RAW, CURATED, MODELS = (f"s3://{BUCKET}/{zone}/clients/sagemaker-2" for zone in ("raw", "curated", "models"))
MACHINE = {"role": ROLE, "instance_count": 1, "instance_type": "ml.m5.large", "framework_version": "1.4-2"}

Path("code").mkdir()
Path("code/double.py").write_text(
    """
import pathlib, sys
rows = [int(line) for line in pathlib.Path("/opt/ml/processing/input/numbers.txt").read_text().split()]
doubled = "".join(f"{row * int(sys.argv[2])}\\n" for row in rows)
pathlib.Path("/opt/ml/processing/output/doubled.txt").write_text(doubled)
"""
)
Path("code/train.py").write_text(
    """
import argparse, os, pathlib
import joblib
from sklearn.dummy import DummyRegressor

def model_fn(folder):
    return joblib.load(pathlib.Path(folder, "model.joblib"))

if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--shift", type=int)
    shift = parser.parse_args().shift
    rows = [int(line) for line in pathlib.Path(os.environ["SM_CHANNEL_TRAIN"], "doubled.txt").read_text().split()]
    model = DummyRegressor(strategy="constant", constant=sum(rows) + shift).fit([[0]], [0])
    joblib.dump(model, pathlib.Path(os.environ["SM_MODEL_DIR"], "model.joblib"))
    print("trained on", sum(rows))
"""
)
session = sagemaker.Session(default_bucket=BUCKET, default_bucket_prefix="code/clients/sagemaker-2")
S3Uploader.upload_string_as_file_body("1\n2\n3\n", f"{RAW}/numbers.txt", sagemaker_session=session)

processor = SKLearnProcessor(base_job_name=f"{STACK}-sdk2", sagemaker_session=session, **MACHINE)
processor.run(
    code="code/double.py",
    inputs=[ProcessingInput(source=f"{RAW}/", destination="/opt/ml/processing/input")],
    outputs=[ProcessingOutput(source="/opt/ml/processing/output", destination=CURATED)],
    arguments=["--times", "2"],
)
job = processor.latest_job.describe()
assert job["ProcessingJobStatus"] == "Completed", job
assert S3Downloader.read_file(f"{CURATED}/doubled.txt", sagemaker_session=session) == "2\n4\n6\n"

estimator = SKLearn(
    entry_point="train.py",
    source_dir="code",
    hyperparameters={"shift": 30},
    output_path=f"{MODELS}/",
    code_location=f"s3://{BUCKET}/code/clients/sagemaker-2",
    base_job_name=f"{STACK}-sdk2",
    sagemaker_session=session,
    metric_definitions=[{"Name": "sum", "Regex": "trained on ([0-9]+)"}],
    **MACHINE,
)
estimator.fit({"train": CURATED})
job = session.describe_training_job(estimator.latest_training_job.name)
assert job["TrainingJobStatus"] == "Completed", job
assert [(each["MetricName"], each["Value"]) for each in job["FinalMetricDataList"]] == [("sum", 12.0)], job
S3Downloader.download(estimator.model_data, "artefact", sagemaker_session=session)
with tarfile.open("artefact/model.tar.gz") as archive:
    assert "model.joblib" in [name.removeprefix("./") for name in archive.getnames()]
logs = boto3.client("logs").filter_log_events(
    logGroupName="/aws/sagemaker/TrainingJobs", logStreamNamePrefix=f"{estimator.latest_training_job.name}/"
)
assert any("trained on 12" in event["message"] for event in logs["events"]), logs

name = f"{STACK}-sdk2"
predictor = estimator.deploy(
    endpoint_name=name, serverless_inference_config=ServerlessInferenceConfig(memory_size_in_mb=2048)
)
try:
    assert predictor.predict([[0]]).tolist() == [42]
finally:
    predictor.delete_model()
    predictor.delete_endpoint()
