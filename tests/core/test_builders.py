"""A person's shell does not change what a build makes."""

from __future__ import annotations

import pytest

from mlops_iac.core import builders

HARMFUL = {
    "PIP_TARGET": "/tmp/elsewhere",
    "PIP_USER": "1",
    "PIP_PREFIX": "/tmp/elsewhere",
    "PIP_ROOT": "/tmp/elsewhere",
    "PIP_REQUIRE_VIRTUALENV": "1",
    "PIP_DRY_RUN": "1",
    "PIP_CONSTRAINT": "/tmp/constraints.txt",
    "PIP_REQUIREMENT": "/tmp/requirements.txt",
    "PIP_NO_DEPS": "1",
    "PIP_PRE": "1",
    "PIP_ONLY_BINARY": ":none:",
    "PYTHONPATH": "/tmp/packages",
    "PYTHONHOME": "/tmp/python",
    "PYTHONSTARTUP": "/tmp/start.py",
    "VIRTUAL_ENV": "/tmp/venv",
    "CONDA_PREFIX": "/tmp/conda",
    "AWS_SECRET_ACCESS_KEY": "secret",
    "PULUMI_CONFIG_PASSPHRASE": "secret",
}
KEPT = {"PIP_INDEX_URL": "https://index.example", "HTTPS_PROXY": "http://proxy.example", "SSL_CERT_FILE": "/ca.pem"}


@pytest.mark.parametrize("name", HARMFUL)
def test_what_would_change_the_outcome_does_not_reach_the_builder(name, monkeypatch):
    monkeypatch.setenv(name, HARMFUL[name])
    assert name not in builders.builder_environment()


@pytest.mark.parametrize("name", KEPT)
def test_where_packages_come_from_is_kept(name, monkeypatch):
    monkeypatch.setenv(name, KEPT[name])
    assert builders.builder_environment()[name] == KEPT[name]


def test_of_a_pip_conf_only_the_sources_are_kept(tmp_path, monkeypatch):
    conf = tmp_path / "pip.conf"
    conf.write_text(
        "[global]\nindex-url = https://index.example\ntarget = /tmp/elsewhere\n"
        "[install]\nuser = true\nextra-index-url =\n  https://one.example\n  https://two.example\n"
    )
    for name in ("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PIP_CONFIG_FILE", str(conf))
    builders._configured.cache_clear()
    found = builders.builder_environment()
    builders._configured.cache_clear()
    assert found["PIP_INDEX_URL"] == "https://index.example"
    assert found["PIP_EXTRA_INDEX_URL"] == "https://one.example https://two.example"
    assert found["PIP_CONFIG_FILE"] == "/dev/null"
    assert not {"PIP_TARGET", "PIP_USER"} & set(found)
