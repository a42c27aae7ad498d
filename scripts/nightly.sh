#!/bin/sh
# What is too long for every change: a fresh clone's suite with the newest of everything that pyproject.toml allows, the tests
# that run only here, then the demo on every supported Python, then strangers' clients, the newest of each. When this is red
# and `.ci/run` is green, a new version of a dependency or of a client broke something.
set -eu
cd "$(dirname "$0")/.."
clone=$(mktemp -d "${TMPDIR:-/tmp}/mlops-iac-nightly.XXXXXX")
trap 'rm -rf "$clone"' EXIT
git clone --quiet . "$clone/mlops-iac"
make -C "$clone/mlops-iac" test-all
(cd "$clone/mlops-iac" && .venv/bin/python -m pytest -m nightly -n auto)
make -C "$clone/mlops-iac" matrix
make -C "$clone/mlops-iac" clients
