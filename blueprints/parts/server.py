"""The container that a model serves in, where it is not the framework's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from mlops_iac.blueprints.parts.server_options import Lmi, Own, ServerOptions
from mlops_iac.components.serving.startup import Startup
from mlops_iac.core import lmi


@dataclass(frozen=True, kw_only=True)
class Server:
    image: str
    environment: Mapping[str, str]
    startup: Startup


def find_server(options: object, region: str) -> Server | None:
    """None where the framework's own container serves. Raises ConfigError where the region has no such container."""
    asked = options.server if isinstance(options, ServerOptions) else None
    if asked is None:
        return None
    seconds = asked.startup_minutes * 60
    if isinstance(asked, Own):
        return Server(image=asked.image, environment=asked.environment, startup=Startup(seconds=seconds))
    return Server(
        image=lmi.image(asked.version, region),
        environment=_told(asked),
        startup=Startup(seconds=seconds, ami=lmi.ami(asked.version)),
    )


def _told(asked: Lmi) -> dict[str, str]:
    given = {
        "OPTION_TENSOR_PARALLEL_DEGREE": str(asked.tensor_parallel_degree or "max"),
        "OPTION_DTYPE": asked.dtype,
        "OPTION_GPU_MEMORY_UTILIZATION": str(asked.gpu_memory_percent / 100),
        **({"OPTION_MAX_MODEL_LEN": str(asked.max_model_len)} if asked.max_model_len else {}),
        **({"OPTION_QUANTIZE": asked.quantize} if asked.quantize else {}),
    }
    return {**lmi.ENVIRONMENT, **given}
