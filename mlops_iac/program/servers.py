"""Containers of endpoints that the stack's region does not have: refused before anything is made."""

from __future__ import annotations

from typing import Any

from mlops_iac.config.stack_config import StackConfig
from mlops_iac.core import lmi
from mlops_iac.core.errors import ConfigError


def check_server(config: StackConfig) -> None:
    """Raise ConfigError, at its line, for an image of another region, which SageMaker does not pull, and for AWS's
    container for large models where AWS has none."""
    asked: Any = getattr(config.options, "server", None)
    if asked is None:
        return
    if asked.kind == "lmi":
        try:
            lmi.image(asked.version, config.region)
        except ConfigError as error:
            told = error.problems[0]
            found = config.problem("options.server.kind", told.summary, told.detail, told.hint)
            raise ConfigError.of([found]) from None
        return
    region = asked.image.split(".")[3]
    if region != config.region:
        detail = f"The image lies in {region}, the stack in {config.region}; SageMaker pulls from its own region."
        hint = "copy it to a repository of the stack's region, by `docker push` or ECR's replication."
        problem = config.problem("options.server.image", "The image is in another region.", detail, hint)
        raise ConfigError.of([problem])
