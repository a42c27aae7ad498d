#!/bin/bash
# Starts one of the team's processing scripts:  run.sh SCRIPT [ARGUMENT]...
# Unpacks sourcedir.tar.gz, which lies beside this file, and installs what it brings. Needs no network: the wheels are inside.
set -euo pipefail

if [ "$#" -lt 1 ]; then
  echo "run.sh: no script given" >&2
  exit 2
fi
script="$1"
shift

here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
code="$here/sourcedir"
rm -rf "$code"
mkdir "$code"
tar -xzf "$here/sourcedir.tar.gz" -C "$code" --no-same-owner

# The embedded cloud says so when it has built the job's environment with these requirements already.
if [ "${MLOPS_IAC_REQUIREMENTS_INSTALLED:-}" != 1 ] && [ -f "$code/requirements.txt" ]; then
  (cd "$code" && python3 -m pip install --quiet --no-input --no-cache-dir --disable-pip-version-check -r requirements.txt)
fi

if [ ! -f "$code/$script" ]; then
  echo "run.sh: there is no $script in the code of this run" >&2
  exit 2
fi
cd "$code"
# A script in a subfolder may import what lies in the top folder.
export PYTHONPATH="$code${PYTHONPATH:+:$PYTHONPATH}" PYTHONUNBUFFERED=1
# A step that uses another system's secrets: they are fetched as it starts.
if [ -n "${MLOPS_IAC_FETCH_1:-}" ]; then
  exec python3 "$code/mlops_iac_secrets.py" "$script" "$@"
fi
exec python3 "$script" "$@"
