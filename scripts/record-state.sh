#!/bin/sh
# record-state.sh COMMIT [BLUEPRINT]: what an earlier release deploys, for tests/upgrading/states. The release is checked out
# beside this checkout, makes the example's environment `screening-dev` on the embedded cloud of its own time, and its state
# and its stack file are kept under the day of the commit. Its code runs in this checkout's .venv.
set -eu
cd "$(dirname "$0")/.."
checkout=$PWD commit=$1 blueprint=${2:-tabular-batch}
python=$checkout/.venv/bin/python
name=$blueprint-$(git show -s --format=%cs "$commit")
work=$(mktemp -d "${TMPDIR:-/tmp}/mlops-iac-record.XXXXXX")
trap 'cd "$checkout"; git worktree remove --force "$work/release"; rm -rf "$work"' EXIT
git worktree add --quiet --detach "$work/release" "$commit"
mkdir "$work/project"
cp -r "$work/release/Pulumi.yaml" "$work/release/__main__.py" "$work/release/examples" "$work/project"
cd "$work/project"
export PYTHONPATH="$work/release" PULUMI_CONFIG_PASSPHRASE=pass
mlops_iac() { "$python" -c 'from mlops_iac.cli.main import main; main()' "$@"; }
mlops_iac new --team screening --env dev --blueprint "$blueprint"
mlops_iac up screening-dev --yes
mlops_iac stack export screening-dev --file state.json
mlops_iac cloud stop
kept=$checkout/tests/upgrading/states
mkdir -p "$kept"
cp stacks/Pulumi.screening-dev.yaml "$kept/$name.yaml"
"$python" -c 'import json, sys; print(json.dumps(json.load(open("state.json")), separators=(",", ":")))' | gzip -9n > "$kept/$name.json.gz"
echo "Wrote $kept/$name.yaml and .json.gz"
