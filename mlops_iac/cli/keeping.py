"""What `destroy --keep-data` leaves: the lake, the registry, the images, and the key that they are encrypted with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from mlops_iac.engine.event import Step

DATA: Final = (
    "aws:s3/bucket:Bucket",
    "aws:sagemaker/modelPackageGroup:ModelPackageGroup",
    "aws:ecr/repository:Repository",
    "aws:kms/key:Key",
)
"""What has one of these stays as a whole: the bucket with its policy, its versions and its catalogue."""


KEYS: Final = "aws:kms/"
"""Of what has a key only the key stays, with its alias: what signs or verifies with it is made anew."""


ENDS: Final = (
    "aws:cfg/deliveryChannel:DeliveryChannel",
    "aws:cfg/recorder:Recorder",
    "aws:cfg/recorderStatus:RecorderStatus",
    "aws:cloudtrail/trail:Trail",
)
"""What would go on writing into what is kept: under Object Lock, its bucket would never be free."""


class Split(NamedTuple):
    kept: tuple[str, ...]
    """Names of what holds data and stays."""
    going: tuple[str, ...]
    """URNs of what is destroyed."""


def split(steps: Sequence[Step]) -> Split:
    """Of the steps of a whole destroy. The stack itself and providers stay with what stays."""
    whole = {step.parent for step in steps if step.type in DATA and not step.type.startswith(KEYS)}
    with_key = {step.parent for step in steps if step.type.startswith(KEYS)}
    stays = {step.urn for step in steps if step.parent in whole or step.urn in whole | with_key}
    stays -= {step.urn for step in steps if step.type in ENDS}
    stays |= {step.urn for step in steps if step.type.startswith(KEYS)}
    kept = tuple(step.name for step in steps if step.type in DATA)
    going = (step for step in steps if step.urn not in stays and not step.type.startswith("pulumi:"))
    return Split(kept, tuple(step.urn for step in going))
