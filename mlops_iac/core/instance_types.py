"""What SageMaker's instance types have, read off their names: disks of their own, credits, which processor."""

from __future__ import annotations

import re
from typing import Literal, cast

_LOCAL_DISK = re.compile(r"ml\.([a-z]+\d+[a-z]*d[a-z]*|g\d+[a-z]*|p5[a-z]*|trn\d+[a-z]*)\.")
_BURSTABLE = re.compile(r"ml\.t\d+[a-z]*\.")
_PROCESSORS = (
    ("neuron", re.compile(r"ml\.(trn|inf)\d+[a-z]*\.")),
    ("arm", re.compile(r"ml\.[a-z]+\d+g[a-z]*\.")),
    ("gpu", re.compile(r"ml\.(p|g|gr)\d+[a-z]*(-[a-z0-9]+)?\.")),
)

Processor = Literal["cpu", "gpu", "arm", "neuron"]
"""What an image must be built for: x86, x86 with NVIDIA GPUs, Graviton, AWS's own accelerators."""


def has_local_disk(instance_type: str) -> bool:
    """Whether a type brings its own disks: SageMaker refuses a volume key for those, which are encrypted in hardware.

    https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ResourceConfig.html (VolumeKmsKeyId) for jobs,
    https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateEndpointConfig.html (KmsKeyId) for endpoints.
    """
    return _LOCAL_DISK.match(instance_type) is not None


def is_burstable(instance_type: str) -> bool:
    """Whether a type earns credits for bursts: SageMaker scales no endpoint of such.

    https://docs.aws.amazon.com/sagemaker/latest/dg/endpoint-auto-scaling-prerequisites.html
    """
    return _BURSTABLE.match(instance_type) is not None


def processor_of(instance_type: str) -> Processor:
    """https://aws.amazon.com/ec2/instance-types/ explains the letters: a `g` after the number is Graviton."""
    found = next((word for word, pattern in _PROCESSORS if pattern.match(instance_type)), "cpu")
    return cast(Processor, found)
