#!/bin/sh
# The README's commands, in the README's order. `make demo` runs this after it has set up .venv.
set -eu

bold='' plain=''
if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then bold=$(printf '\033[1m') plain=$(printf '\033[0m'); fi

step() {
    printf '\n%s$ %s%s\n' "$bold" "$*" "$plain"
    "$@"
}

step mlops-iac blueprint list
if [ -e stacks/Pulumi.screening-dev.yaml ]; then
    printf '\nstacks/Pulumi.screening-dev.yaml is there already, so `mlops-iac new` is left out.\n'
else
    step mlops-iac new --team screening --env dev --blueprint tabular-batch
fi
step mlops-iac preview screening-dev
step mlops-iac up screening-dev --yes
step mlops-iac outputs screening-dev
step mlops-iac data put screening-dev examples/screening/data raw/
step mlops-iac run screening-dev training --follow
step mlops-iac runs screening-dev
step mlops-iac predict screening-dev --data examples/screening/sample.json

cat <<'NEXT'

The environment is up, on this machine only. Activate the commands with `. .venv/bin/activate`, then try:

  mlops-iac preview screening-dev                     what would change: nothing, until you change its stack file
  mlops-iac run screening-dev training --follow --parameters examples/screening/weak.yaml
                                                      a weak model: the gate refuses it, the endpoint keeps the old one
  mlops-iac runs screening-dev                        the history, with metrics
  mlops-iac predict screening-dev --data examples/screening/sample.json
  mlops-iac destroy screening-dev --yes               to the last resource
  mlops-iac cloud stop                                the one process that runs in the background
NEXT
