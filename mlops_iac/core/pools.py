"""The machines of one queue of AWS Batch: what processor they share, and the image that AWS starts them with.

https://docs.aws.amazon.com/batch/latest/APIReference/API_Ec2Configuration.html, read 2026-11-30.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from mlops_iac.core.gpus import Gpus, all_gpus, gpus_of
from mlops_iac.core.instance_types import Processor, processor_of

BUNDLES: Final = {"optimal": "cpu", "default_x86_64": "cpu", "default_arm64": "arm"}
"""Batch's own words for families that it chooses itself."""
IMAGE_TYPES: Final = {"cpu": "ECS_AL2023", "arm": "ECS_AL2023", "gpu": "ECS_AL2023_NVIDIA"}
"""Amazon Linux 2023, with NVIDIA's driver where machines have GPUs. Batch has none with AWS Neuron's."""
WITHOUT_IMAGE: Final = ("a1", "g3", "g3s", "g4ad", "p2", "p3", "p3dn")
"""Families for which these images have no driver or no kernel."""
KINDS: Final = {"cpu": "x86", "arm": "Graviton", "gpu": "GPU", "neuron": "Neuron"}


def family_of(instance_type: str) -> str:
    """``g5`` of ``g5.xlarge``, and of ``g5``."""
    return instance_type.partition(".")[0]


def kind_of(instance_types: Sequence[str]) -> Processor:
    """What all of a queue's machines have. Raises ValueError for machines that no one image starts."""
    kinds = {one: _kind(one) for one in instance_types}
    odd = next((one for one in instance_types if family_of(one) in WITHOUT_IMAGE or kinds[one] == "neuron"), None)
    if odd:
        raise ValueError(f"`{odd}` has no image of Amazon Linux 2023 on AWS Batch: name a newer family, such as g5")
    if len(set(kinds.values())) > 1:
        said = ", ".join(f"{one} ({KINDS[kind]})" for one, kind in kinds.items())
        raise ValueError(f"machines of one queue have one kind of processor, not {said}: make a queue of each kind")
    return kinds[instance_types[0]]


def sizes_of(instance_type: str) -> Iterator[Gpus]:
    """Those with GPUs that ``g5``, or ``g5.xlarge``, may be."""
    if "." in instance_type:
        found = gpus_of(instance_type)
        return iter((found,) if found else ())
    return (one for one in all_gpus() if family_of(one.instance_type) == instance_type)


def _kind(instance_type: str) -> Processor:
    known = BUNDLES.get(instance_type)
    return known or processor_of(f"ml.{family_of(instance_type)}.any")  # type: ignore[return-value]
