"""What a stack file adopts is looked at before an environment is made on it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mlops_iac.adopting.looking import Place
    from mlops_iac.cli.options import CloudName
    from mlops_iac.clients import Clients
    from mlops_iac.config.stack_config import StackConfig


def refuse_unfit(stack: str, cloud: CloudName) -> None:
    """Raises ConfigError, at its line, for each layer that cannot be used: it is not there, in another region, of
    another kind, encrypted with another key, or another stack's own."""
    from mlops_iac.adopting.looking import unfit
    from mlops_iac.blueprints import get_options_model
    from mlops_iac.cli.environments import project_root
    from mlops_iac.config.load import load_stack
    from mlops_iac.core.errors import ConfigError, MlopsError

    try:
        config = load_stack(project_root(), stack, options_model=get_options_model)
    except MlopsError:
        return  # what is wrong with it the program tells; an ordinary Pulumi program has no such file
    adopt = getattr(config.options, "adopt", None)
    adopted = adopt.model_dump(exclude_none=True) if adopt is not None else {}
    if adopted:
        problems = [
            config.problem(f"options.adopt.{layer}", error.summary, error.detail, error.hint)
            for layer, error in unfit(place_of(config, cloud), adopted)
        ]
        if problems:
            raise ConfigError.of(problems)


def place_of(config: StackConfig, cloud: CloudName) -> Place:
    """Where a stack is, before anything of it is there."""
    from mlops_iac.adopting.looking import Place

    adopted = config.options.adopt.encryption
    return Place(
        stack=config.stack,
        region=config.region,
        clients=clients_of(config, cloud),
        key_arn=adopted.key_arn if adopted else None,
        own_key=config.security.value != "sandbox",
    )


def clients_of(config: StackConfig, cloud: CloudName, region: str = "") -> Clients:
    """Clients of the account, in the stack's region or another. Starts the embedded cloud when it is not running."""
    from mlops_iac.cli.options import CloudName
    from mlops_iac.clients import Clients

    if cloud is CloudName.AWS:
        return Clients.aws(region or config.region, config.config.get("aws:profile"))
    from mlops_iac.backends.embedded import EmbeddedBackend

    embedded = EmbeddedBackend(config.root, config.stack).cloud
    embedded.start()
    return embedded.clients(region or config.region)
