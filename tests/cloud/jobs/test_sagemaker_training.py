"""Training jobs run scripts as AWS's framework containers do."""

from __future__ import annotations

from mlops_iac.core.frameworks import get_framework

TRAIN_SKLEARN = """
import argparse, os, joblib, pandas as pd
from sklearn.linear_model import LogisticRegression

parser = argparse.ArgumentParser()
parser.add_argument("--penalty", default="l2")
parser.add_argument("--inverse-strength", type=float)
arguments = parser.parse_args()
data = pd.read_csv(os.path.join(os.environ["SM_CHANNEL_TRAIN"], "train.csv"), header=None)
model = LogisticRegression(C=arguments.inverse_strength, penalty=arguments.penalty).fit(data[[0]], data[1])
print(f"accuracy={model.score(data[[0]], data[1]):.3f}")
joblib.dump(model, os.path.join(os.environ["SM_MODEL_DIR"], "model.joblib"))
"""


def test_a_job_trains_real_scikit_learn_and_leaves_its_model_in_the_lake(cloud):
    cloud.put("data/train/train.csv", "".join(f"{x},{int(x > 20)}\n" for x in range(40)))
    image = get_framework("sklearn", "1.4-2").image("eu-west-1")
    job = cloud.train(
        TRAIN_SKLEARN,
        HyperParameters={"inverse-strength": "10.0"},
        AlgorithmSpecification={
            "TrainingImage": image,
            "TrainingInputMode": "File",
            "MetricDefinitions": [{"Name": "accuracy", "Regex": "accuracy=([0-9.]+)"}],
        },
    )
    assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")
    assert job["ModelArtifacts"] == {"S3ModelArtifacts": "s3://lake/models/job/output/model.tar.gz"}
    assert list(cloud.archive("models/job/output/model.tar.gz")) == ["model.joblib"]
    assert job["FinalMetricDataList"][0]["Value"] > 0.9
