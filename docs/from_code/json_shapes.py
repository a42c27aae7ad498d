"""What each command prints with `--json`: by hand, because it is the promise. The commands' tests hold them to it."""

from __future__ import annotations

JSON_NOTE = (
    "`--json` prints one object on stdout and nothing else. An error is `{error: {kind, exitCode, problems: [{summary, "
    "detail, hint, file, line, path}]}}` in its place; what is empty in a problem is left out. Words that Pulumi has "
    "are written as it writes them (`changeSummary`), words of ours as in stack files (`model_package_arn`).",
)
_OPERATION = (
    "a preview's object, and `{result, outputs, failures: [{urn, op, call, code, error}], notDone: [urn], error}`: the "
    "last three only when there is something to tell, and `error` in the shape of any error."
)
_STATUS = "`{running, home, endpoint, pid, started, jobs, …}`; when it does not run `{running, home, snapshot_bytes}`."
_RUN = "the run: `{id, stack, pipeline, status, started, seconds, code, parameters, steps: […], metrics, gate, …}`."

JSON_SHAPES = {
    "approve": _RUN,
    "reject": _RUN,
    "init": "`{project, files: [path], next: [command]}`.",
    "blueprint list": "`{blueprints: [{name, summary, package}]}`; the package is null for ours.",
    "blueprint show": "`{name, summary, layers: [{name, summary}], options: [{path, …}], pipelines: [{name, …}]}`.",
    "new": "`{stack, file, scripts: [path], next: [command]}`; `scripts` only with `--scaffold`.",
    "config check": "`{stacks: [name]}`, when nothing is wrong.",
    "config show": "`{stack, settings: [{key, value, origin}]}`; the origin, `file:line`, is empty for a default.",
    "preview": (
        "`{losses: [{op, urn, type, loses}], config, steps: [{op, urn, provider, oldState, newState, replaceReasons, "
        "diffReasons, detailedDiff}], diagnostics, duration, changeSummary, notes}`: the object of `pulumi preview "
        "--json`, and `losses` and `notes` where there are any. With `--all`: `{stacks: {name: object or error}}`."
    ),
    "up": _OPERATION,
    "outputs": "the outputs by name; of one that is no object, `{NAME: value}`.",
    "cost": (
        "`{stack, region, prices, idle, total, items: [{layer, what, idle, used}], unpriced: [type], usage}`; an "
        "amount is `{low, usual, high}` in US dollars a month, `total` is `idle` and the use that is assumed."
    ),
    "data put": "`{bucket, files: [{file, key, size, outcome}]}`.",
    "data get": "`{bucket, files: [{key, file, size, outcome}]}`.",
    "data rm": "`{bucket, deleted: [key]}`.",
    "data ls": "`{bucket, objects: [{key, size, modified}]}`.",
    "pipeline list": "`{pipelines: [{name, file, steps: [name]}]}`; the file is null for the blueprint's own.",
    "pipeline show": "`{pipelines: [{name, target, parameters: {name: fields}, steps: {name: fields}}]}`.",
    "pipeline check": "`{pipelines: [{name, target}]}`.",
    "pipeline graph": "`{nodes: [{name, kind}], edges: [{from, to}]}`.",
    "pipeline kinds": "`{kinds: [{kind, about, targets: {target: {runs, how}}}]}`.",
    "run": _RUN,
    "runs list": "`{runs: [run]}`, each without its steps and with `serves: [endpoint]` and `shadows: [endpoint]`; "
    "with RUN as `runs show`.",
    "runs show": (
        "the run, with `serves: [endpoint]`, `shadows: [endpoint]`, "
        "`cost: {dollars, prices, unpriced: [instance type], steps: [{step, "
        "instance_type, instances, seconds, dollars}]}` (dollars are null where no price is known), `tracking` "
        "(where it was logged: `{kind, experiment, …}`; empty when it is not yet, null where no run is) and "
        "`record: {started_by, framework, platform, packages: [pin], git: "
        "{commit, branch, dirty, changed: [path]}, data: {parameter: {prefix, objects, bytes, digest, complete}}}`; "
        "`record` is null for a run that something else started, `git` where the code is in no repository."
    ),
    "runs compare": "`{a, b, lines: [{part, name, a, b, differs}], unknown: [sentence]}`, of all lines.",
    "runs watch": _RUN,
    "runs stop": _RUN,
    "runs retry": _RUN,
    "runs pull": "`{run, tasks, folder}`.",
    "models list": "`{models: [model], endpoints: [{endpoint, machines: [{instance_type, instances}], dollars_an_hour, "
    "prices}]}`, each model as `models show` has it; dollars are null where no price is known.",
    "models show": (
        "`{version, registry, arn, approval, registered, run, code, image, data, metrics, serves: [endpoint], "
        "shadows: [endpoint], card}`; `card` is the status of its model card, or null. With `--card`, "
        "`{card: markdown, status}`."
    ),
    "lineage": "`{nodes: [{id, kind, name, facts}], edges: [{from, to}], unknown: [sentence]}`.",
    "rollback": "`{endpoint, was, beside: [version], version, run}`; `was` is null when no version of a registry "
    "served, `beside` are versions that were tried beside it.",
    "logs": "`{run, lines: [{step, time, text}]}`.",
    "monitor": (
        "`{endpoints: [{endpoint, pipeline, run, failed: {run, error}, alarms: {drift, quality}, page, report}]}`; "
        "`run`, `failed`, `page` and `report` are null where there is none, `report` is the run's `report.json`."
    ),
    "predict": "what the model answered; when that is no object, `{predictions: answer}`.",
    "plugins": "`{plugins: [{kind, name, package, address, error}]}`; the error is null for what can be used.",
    "env": "`{variables: {name: value}, unset: [name]}`.",
    "graph": "`{nodes: [{urn, type, parent}], edges: [{from, to}]}`.",
    "drift": "a preview's object, with `drift: [{urn, type, name, state, properties: {path: {was, is}}}]`.",
    "refresh": f"{_OPERATION} With `--preview-only` as `drift`.",
    "destroy": _OPERATION,
    "stack ls": "`{stacks: [{stack, file, deployed}]}`.",
    "stack export": "the state, whatever is asked: `{version, deployment}`; with `--file`, `{stack, file}`.",
    "stack import": "`{stack, resources, backup}`.",
    "stack history": "`{stack, history: [{kind, startTime, endTime, result, resourceChanges, …}]}`, Pulumi's entries.",
    "stack rename": "`{stack, was, backup, file: {from, to}}`.",
    "stack rm": "`{stack, resources, backup}`.",
    "state list": "`{stack, resources: [{urn, name, type, custom, id, parent, protect, delete}]}`.",
    "state show": "the resource as a checkpoint has it; of several of one name, `{resources: […]}`.",
    "state delete": "`{deleted: [urn], backup}`.",
    "state move": "`{moved: {old urn: new urn}, cut: [urn], otherBackup, backup}`.",
    "state unprotect": "`{unprotected: [urn], backup}`.",
    "state repair": "`{repairs: […], backup}`.",
    "cloud status": _STATUS,
    "cloud advance": "`fired`: `time`, `what`; `complete`, `now`, `ahead_seconds`.",
    "cloud interrupt": "`{interrupted}`: the job's name.",
    "cloud start": _STATUS,
    "cloud stop": _STATUS,
    "cloud reset": _STATUS,
    "cloud provider": "`{endpoint, port, environment}`, once it serves.",
    "schema": "the schema, whatever is asked; with `--write`, `{files: [path]}`.",
    "completion": "`{shell, script}`; with `--install`, `{shell, file}`.",
}
