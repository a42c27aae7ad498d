"""MLflow: runs whose artefacts lie in the lake: files, folders, a large one, a model loaded back, and removal."""

import os
from pathlib import Path

import mlflow
import pandas as pd
from mlflow import MlflowClient
from mlflow.artifacts import download_artifacts, list_artifacts
from sklearn.linear_model import LinearRegression

HOME = f"s3://{os.environ['MLOPS_IAC_BUCKET']}/raw/clients/mlflow"

mlflow.set_tracking_uri("sqlite:///mlflow.db")
mlflow.set_experiment(experiment_id=mlflow.create_experiment("smoke", artifact_location=HOME))
content = os.urandom(20 << 20)
Path("folder/below").mkdir(parents=True)
Path("folder/below/big.bin").write_bytes(content)
model = LinearRegression().fit([[0.0], [1.0]], [1.0, 3.0])

with mlflow.start_run() as run:
    mlflow.log_metric("auc", 0.97)
    mlflow.log_dict({"a": [1, 2]}, "facts.json")
    mlflow.log_artifacts("folder", "folder")
    mlflow.log_table(pd.DataFrame({"a": [1, 2]}), "table.json")
    logged = mlflow.sklearn.log_model(model, name="model")
assert run.info.artifact_uri == f"{HOME}/{run.info.run_id}/artifacts"

names = sorted(each.path for each in list_artifacts(run_id=run.info.run_id))
assert names == ["facts.json", "folder", "table.json"], names
assert Path(download_artifacts(run_id=run.info.run_id, artifact_path="folder/below/big.bin")).read_bytes() == content
assert mlflow.artifacts.load_dict(f"{run.info.artifact_uri}/facts.json") == {"a": [1, 2]}
assert mlflow.sklearn.load_model(logged.model_uri).predict([[2.0]]).round(6).tolist() == [5.0]
assert mlflow.pyfunc.load_model(logged.model_uri).predict([[3.0]]).round(6).tolist() == [7.0]

registered = mlflow.register_model(logged.model_uri, "smoke")
assert MlflowClient().get_model_version("smoke", registered.version).source == logged.model_uri
store = mlflow.store.artifact.artifact_repository_registry.get_artifact_repository(run.info.artifact_uri)
store.delete_artifacts()
assert list_artifacts(run_id=run.info.run_id) == []
