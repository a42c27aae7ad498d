from __future__ import annotations

import pytest

from mlops_iac.core.instance_types import has_local_disk, processor_of


@pytest.mark.parametrize(
    ("disks", "kinds"),
    [
        (True, "g4dn.xlarge g5.xlarge g6e.xlarge m5d.large p4d.24xlarge trn1.2xlarge"),
        (False, "m5.large c5.xlarge p3.2xlarge r5.large"),
    ],
)
def test_some_types_bring_disks_of_their_own(disks: bool, kinds: str) -> None:
    assert {has_local_disk(f"ml.{kind}") for kind in kinds.split()} == {disks}


@pytest.mark.parametrize(
    ("processor", "kinds"),
    [
        ("cpu", "m5.large c5.xlarge r5d.large t3.medium m5dn.large m6i.large c6in.large"),
        ("gpu", "g4dn.xlarge g5.xlarge g6e.xlarge gr6.4xlarge p3.2xlarge p4de.24xlarge p5.48xlarge"),
        ("arm", "c7g.large m6gd.large r8g.large g5g.xlarge t4g.medium c7gn.large"),
        ("neuron", "trn1.2xlarge trn1n.32xlarge inf2.xlarge"),
    ],
)
def test_a_type_tells_what_an_image_must_be_built_for(processor: str, kinds: str) -> None:
    assert {processor_of(f"ml.{kind}") for kind in kinds.split()} == {processor}
