"""Framework versions, AWS's images for them, and what these hold."""

from __future__ import annotations

import re

import pytest

from mlops_iac.core.errors import ConfigError
from mlops_iac.core.frameworks import (
    find_framework,
    framework_names,
    framework_versions,
    get_framework,
)

ALL = [(name, version) for name in framework_names() for version in framework_versions(name)]


def test_the_image_of_scikit_learn_is_awss_own():
    image = get_framework("sklearn", "1.4-2").image("eu-west-1")
    assert image == "141502667606.dkr.ecr.eu-west-1.amazonaws.com/sagemaker-scikit-learn:1.4-2-cpu-py3"


def test_images_in_china_have_chinas_domain():
    assert get_framework("xgboost", "3.0-5").image("cn-north-1").split("/")[0].endswith(".amazonaws.com.cn")


def test_pytorch_serves_with_another_image_than_it_trains():
    framework = get_framework("pytorch", "2.6.0")
    assert framework.image("us-east-1").endswith(".us-east-1.amazonaws.com/pytorch-training:2.6.0-cpu-py312")
    assert "/pytorch-inference:" in framework.image("us-east-1", "serving")


def test_machines_with_gpus_get_the_image_for_gpus_or_a_refusal():
    assert get_framework("pytorch", "2.6.0").image("us-east-1", processor="gpu").endswith(":2.6.0-gpu-py312")
    assert get_framework("xgboost", "3.0-5").image("us-east-1", processor="gpu").endswith(":3.0-5")
    for framework, processor in (
        (get_framework("sklearn", "1.4-2"), "gpu"),
        (get_framework("pytorch", "2.6.0"), "arm"),
    ):
        with pytest.raises(ConfigError, match="no image for these machines"):
            framework.image("us-east-1", processor=processor)


@pytest.mark.parametrize(("name", "version"), ALL)
def test_an_image_leads_back_to_its_framework(name, version):
    framework = get_framework(name, version)
    for region in ("eu-west-1", "us-east-1", "us-gov-west-1"):
        for purpose in ("training", "serving"):
            for processor in framework.processors:
                assert find_framework(framework.image(region, purpose, processor)) == framework


@pytest.mark.parametrize(("name", "version"), ALL)
def test_every_package_is_pinned_so_that_environments_are_the_same_everywhere(name, version):
    framework = get_framework(name, version)
    assert all(re.fullmatch(r"[a-z0-9-]+==[0-9][0-9a-z.]*", package) for package in framework.packages)
    assert len({package.split("==")[0] for package in framework.packages}) == len(framework.packages)
    assert "3.11" in framework.python


@pytest.mark.parametrize(
    "image",
    [
        "123456789012.dkr.ecr.eu-west-1.amazonaws.com/ours:1",
        "999999999999.dkr.ecr.eu-west-1.amazonaws.com/sagemaker-scikit-learn:1.4-2-cpu-py3",
        "141502667606.dkr.ecr.eu-west-1.amazonaws.com/sagemaker-scikit-learn:9.9-9-cpu-py3",
        "python:3.11",
        "",
    ],
)
def test_other_images_are_no_framework(image):
    assert find_framework(image) is None


def test_an_unknown_name_version_or_region_lists_what_is_known():
    with pytest.raises(ConfigError) as unknown:
        get_framework("sklern", "1.4-2")
    assert "sklearn" in unknown.value.detail
    assert unknown.value.hint == "did you mean `sklearn`?"
    with pytest.raises(ConfigError) as version:
        get_framework("sklearn", "1.4.2")
    assert "1.4-2, 1.2-1" in version.value.detail
    with pytest.raises(ConfigError, match="not offered"):
        get_framework("sklearn", "1.4-2").image("eu-west-9")
