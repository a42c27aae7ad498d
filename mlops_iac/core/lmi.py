"""AWS's containers for large models (LMI: DJL Serving with vLLM), from a dated table (``lmi.json``).

They load weights in the form of Hugging Face's libraries from ``/opt/ml/model`` and take no script of the team's. They
have GPUs, and there is no build of them for anything else.
"""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import Any, Final

from mlops_iac.core.errors import ConfigError
from mlops_iac.core.frameworks import deep_learning_registry

MODEL: Final = "/opt/ml/model"
"""Where SageMaker puts what a model's archive holds."""

ENVIRONMENT: Final = {
    "HF_MODEL_ID": MODEL,
    "HF_HUB_OFFLINE": "1",
    "OPTION_ASYNC_MODE": "true",
    "OPTION_ENTRYPOINT": "djl_python.lmi_vllm.vllm_async_service",
    "OPTION_ROLLING_BATCH": "disable",
    "SERVING_FAIL_FAST": "true",
}
"""vLLM's own scheduling, nothing from a hub, and an end with a reason where weights cannot be loaded.
https://github.com/deepjavalibrary/djl-serving/blob/master/serving/docs/lmi/user_guides/vllm_user_guide.md"""


def versions() -> tuple[str, ...]:
    """Known versions, newest first."""
    return tuple(_table()["versions"])


def image(version: str, region: str) -> str:
    """AWS's image in a region; raises ConfigError for a region that has none."""
    if region not in _table()["regions"]:
        raise ConfigError(
            "The region lacks AWS's container for large models.",
            f"AWS's list of {_table()['sources']['images']['read']} has none in `{region}`.",
            hint="use an image of your own (`kind: own`), or a region that has it.",
        )
    return f"{deep_learning_registry(region)}/{_table()['repository']}:{_table()['versions'][version]['tag']}"


def ami(version: str) -> str:
    """The machines' image (``InferenceAmiVersion``) whose driver is as new as the container's CUDA."""
    found: str = _table()["versions"][version]["ami"]
    return found


@cache
def _table() -> Any:
    return json.loads(files(__package__).joinpath("lmi.json").read_text("utf-8"))
