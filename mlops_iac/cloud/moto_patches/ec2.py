"""EC2: the public machine images are there from the moment that somebody asks for images.

moto loads 1,300 of them into every region that is touched, with a disk snapshot each: a third of a second per region,
and nearly all of what each snapshot of the cloud then had to pickle while every request waited.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from mlops_iac.cloud.wire import Call

if TYPE_CHECKING:
    from mlops_iac.cloud.gateway import Gateway

_ASKING: Final = (
    "CopyImage", "DeregisterImage", "DescribeImageAttribute", "DescribeImages", "DescribeSnapshots",
    "ModifyImageAttribute", "RequestSpotFleet", "RequestSpotInstances", "RunInstances",
)  # fmt: skip
"""Operations that look images up, or the snapshots behind them."""

_LOADED: Final = "public_images_loaded"
"""An attribute of the backend, so that it is kept with the backend's images."""


def apply(gateway: Gateway) -> None:
    gateway.when_used("ec2", _load_nothing)
    for operation in _ASKING:
        gateway.before("ec2", operation, lambda call: _load(gateway, call))


def _load_nothing() -> None:
    """Take the loading out of the constructor of moto's backend."""
    from moto.ec2.models.amis import AmiBackend

    original = getattr(AmiBackend._load_amis, "original", AmiBackend._load_amis)

    def later(backend: Any) -> None:
        """The constructor of a new backend is all that calls this."""

    later.original = original  # type: ignore[attr-defined]
    AmiBackend._load_amis = later


def _load(gateway: Gateway, call: Call) -> None:
    from moto.ec2.models import ec2_backends
    from moto.ec2.models.amis import AmiBackend

    with gateway.locked("ec2"):
        backend = ec2_backends[call.account_id][call.region]
        if not vars(backend).get(_LOADED):
            setattr(backend, _LOADED, True)
            AmiBackend._load_amis.original(backend)
