"""Strangers' clients on an embedded cloud: ``python -m tests.clients``, which `make clients` and `make nightly` run."""
