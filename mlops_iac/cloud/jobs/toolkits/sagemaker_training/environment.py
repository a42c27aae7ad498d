"""The job's environment, from the SM_* variables that the container sets."""

from __future__ import annotations

import json
import os
from typing import Any

_TEXT: tuple[str, ...] = (
    *("current_host", "current_instance_type", "input_config_dir", "input_dir", "job_name", "log_level", "model_dir"),
    *("module_dir", "module_name", "network_interface_name", "output_data_dir", "output_dir"),
    *("output_intermediate_dir", "user_entry_point"),
)
_VALUES: tuple[str, ...] = (
    *("channels", "framework_params", "hosts", "hps", "input_data_config", "num_cpus", "num_gpus"),
    *("resource_config", "user_args"),
)


class Environment:
    """``Environment().hyperparameters``, ``.channel_input_dirs``, ``.model_dir``, …"""

    def __init__(self) -> None:
        training: dict[str, Any] = json.loads(os.environ.get("SM_TRAINING_ENV", "{}"))
        for name in (*_TEXT, *_VALUES):
            text = os.environ.get(f"SM_{name.upper()}", "")
            value = json.loads(text) if name in _VALUES and text else text
            setattr(self, name, training.get(name, value))
        self.hyperparameters: dict[str, Any] = json.loads(os.environ.get("SM_HPS", "{}"))
        self.channel_input_dirs: dict[str, str] = training.get("channel_input_dirs", {})
        self.is_master: bool = bool(training.get("is_master", True))


def read_hyperparameters() -> dict[str, Any]:
    return Environment().hyperparameters


def num_cpus() -> int:
    return os.cpu_count() or 1


def num_gpus() -> int:
    return int(os.environ.get("SM_NUM_GPUS") or 0)
