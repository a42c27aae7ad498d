#!/bin/sh
# The main job on every supported Python, as a person does it who has no checkout: install the wheel into a fresh virtual
# environment, `mlops-iac init` in an empty folder, then the demo. `make matrix` runs this.
#
# Interpreters are looked for on PATH as python3.11 and so on, then among uv's and pyenv's own. One that is missing is
# named, and the script ends with 1; PYTHONS="3.12" asks for fewer. Each run keeps its log beside its environment.
set -u
cd "$(dirname "$0")/.."
checkout=$PWD
work=$(mktemp -d "${TMPDIR:-/tmp}/mlops-iac-matrix.XXXXXX")
pythons=${PYTHONS:-3.11 3.12 3.13}
failed=''

# A shim that names no version answers nothing, so each candidate is asked.
find_python() {
    for candidate in "$(command -v "python$1")" "$("$checkout/.venv/bin/uv" python find --no-project "$1" 2>/dev/null)" \
        "${PYENV_ROOT:-$HOME/.pyenv}"/versions/"$1".*/bin/python; do
        if [ -x "$candidate" ] && "$candidate" -c "import sys; sys.exit('%d.%d' % sys.version_info[:2] != '$1')" 2>/dev/null; then
            echo "$candidate"
            return
        fi
    done
}

demo() {
    python=$1 home=$2
    mkdir -p "$home/project" && cd "$home/project" || return
    "$python" -m venv "$home/venv" || return
    "$home/venv/bin/python" -m pip install --quiet --disable-pip-version-check "$work"/*.whl || return
    PATH=$home/venv/bin:$PATH
    mlops-iac init --example screening && sh examples/screening/demo.sh || return
    mlops-iac destroy screening-dev --yes && mlops-iac cloud stop
}

.venv/bin/python -m hatchling build -t wheel -d "$work" >/dev/null || exit 1
for version in $pythons; do
    python=$(find_python "$version")
    if [ -z "$python" ]; then
        echo "$version  missing: no python$version on PATH; \`uv python install $version\` brings one"
        failed=$version
    elif (demo "$python" "$work/$version") >"$work/$version.log" 2>&1; then
        echo "$version  passed: $python"
    else
        echo "$version  FAILED: $python; the last lines of $work/$version.log:"
        tail -n 15 "$work/$version.log" | sed 's/^/    /'
        failed=$version
        (cd "$work/$version/project" && "$work/$version/venv/bin/mlops-iac" cloud stop) >/dev/null 2>&1
    fi
done
[ -z "$failed" ] && rm -r "$work" && exit 0
exit 1
