"""Where things lie in the container."""

from __future__ import annotations

import os

model_dir = os.environ.get("SM_MODEL_DIR", "/opt/ml/model")
code_dir = os.environ.get("SAGEMAKER_SUBMIT_DIRECTORY", "/opt/ml/code")


class ServingEnv:
    def __init__(self) -> None:
        self.model_dir, self.module_dir = model_dir, code_dir
        self.module_name = os.environ.get("SAGEMAKER_PROGRAM", "").removesuffix(".py")
        self.default_accept = os.environ.get("SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT", "application/json")
