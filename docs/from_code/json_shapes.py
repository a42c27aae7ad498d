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
_REPORT = (
    "`{findings: [{rule, severity, resource, type, urn, property, detail, remedy, sources, file, line, waiver}], "
    "counts: {error, warning, advice, waived}, expired: [waiver], unused: [waiver], unknown: [resource.property], "
    "off: {rule: {reason, place}}, notRun}`; `waiver` is null, or `{reason, owner, expires, place}`."
)
_STATUS = "`{running, home, endpoint, pid, started, jobs, …}`; when it does not run `{running, home, snapshot_bytes}`."
_RUN = "the run: `{id, stack, pipeline, status, started, seconds, code, parameters, steps: […], metrics, gate, …}`."

JSON_SHAPES = {
    "approve": _RUN,
    "reject": _RUN,
    "init": "`{project, files: [path], next: [command]}`.",
    "bootstrap": "with `--preview` as `preview`, else as `up`.",
    "doctor": "`{stack, cloud, ok, checks: [{check, outcome, says, fix}]}`; the outcome is pass, warn or fail.",
    "blueprint list": (
        "`{blueprints: [{name, summary, …, idle_usd_a_month, sandbox_idle_usd_a_month, package}]}`; the package is "
        "null for ours."
    ),
    "blueprint show": (
        "`{name, summary, …, version, layers: [{name, summary}], options: [{path, …}], pipelines: [{name, …}], "
        "idle_items: [{layer, what, usual}]}`."
    ),
    "new": "`{stack, file, scripts: [path], next: [command]}`; `scripts` only with `--scaffold`.",
    "config check": "`{stacks: [name]}`, when nothing is wrong.",
    "config show": "`{stack, settings: [{key, value, origin}]}`; the origin, `file:line`, is empty for a default.",
    "preview": (
        "`{losses: [{op, urn, type, loses}], config, steps: [{op, urn, provider, oldState, newState, replaceReasons, "
        "diffReasons, detailedDiff}], diagnostics, duration, changeSummary, notes}`: the object of `pulumi preview "
        "--json`, and `losses`, `notes` and `policy` (as `policy check` has it) where "
        "there are any, `cost: {region, prices, before, after, unpriced}` (an "
        "amount is `{low, usual, high}` in US dollars a month; before is null where nothing is deployed) and "
        "`pipelines: [{pipeline, changes: [sentence]}]`. With `--all`: `{stacks: {name: object or error}, leftOut: "
        "{name: reason}}`, the last with `--changed-since`."
    ),
    "evidence": (
        "`{stack, folder, kept, controls: {state: number}}`, a state being met, open, waived, off or nothing to judge; "
        "with `--check`, `{folder, faults}`."
    ),
    "policy list": "`{policies: [policy]}`, each as `policy show` has it.",
    "policy show": (
        "`{name, wants, why, severity, byProfile, types, remedy, setting, sources, parameters, package}`; the package "
        "is null for ours."
    ),
    "policy check": (
        f"`{{stack, …}}` with {_REPORT} With `--all`, `{{stacks: {{name: the same}}}}`; with `--sarif`, SARIF 2.1.0."
    ),
    "policy pack": "`{files: [path]}`.",
    "up": f"{_OPERATION} With `--all`: `{{stacks: {{name: that or error}}}}`.",
    "access": (
        "`{stack, access: [{principal, as, until, mfa, role_arn}]}`; the role is null before the `up` that makes it. "
        "With `add` and `remove` `{stack, file, action, principal, entry}`, the entry as it stands in the file."
    ),
    "adopt": "`{stack, file, written, layer, settings, cautions: [sentence]}`.",
    "import": (
        "`{stack, file, written, found: [{kind, layer, name, called, tags, whyNot}], adopted: {layer: settings}, "
        "cautions: {layer: [sentence]}}`; `layer` is null for what cannot be adopted, `whyNot` null for what can."
    ),
    "upgrade": (
        "`{stack, file, blueprint, from, to, diff, told: [sentence], refused: [{op, urn, type, loses}], written, "
        "backup, preview}`; `preview` is a preview's object, `backup` the path of the file of before, null where "
        "nothing was written."
    ),
    "prices show": (
        "`{packaged: {prices, sources: [{part, as_of, source}]}, refreshed}`; refreshed is null, or as below."
    ),
    "prices refresh": "`{version, as_of, source, regions: {region: {ec2, sagemaker: {type: dollars an hour}}}, file}`.",
    "plan show": "`{stack, made: {by, at}, approvals: [{by, at, message}], two_persons}`.",
    "plan approve": "as `plan show`.",
    "ci init": "`{files: [path], written: [path], variables: {name: where its value is from}}`.",
    "ci stacks": "`{stacks: [name], leftOut: {name: reason}}`.",
    "ci states": "`{stacks: [name]}`, those that were exported.",
    "outputs": "the outputs by name; of one that is no object, `{NAME: value}`.",
    "cost": (
        "`{stack, region, prices, idle, total, items: [{layer, what, idle, used, kwh}], unpriced: [type], before, "
        "usage, value: {owner, use_case, expected_usd_a_month, cost_share}, "
        "carbon: {kg_co2e, kwh, kg_per_kwh, unknown, assumed, left_out}}`; "
        "an amount is `{low, usual, high}` in US dollars a month, `total` is `idle` and the use that is assumed, "
        "`before` the total of what is deployed, null where nothing is. With `--actual` `{stack, from, to, source, "
        "currency, estimate, total, lines: [{what, dollars}], idle: [{endpoint, machines, dollars_an_hour, days}], "
        "notes}`; dollars are null where no price is known. With `--advice` `{stack, since, saves_a_month, steps: "
        "[{where, kind, instance_type, instances, jobs, confidence, settings, saves_a_run, saves_a_month, use: {cores, "
        "most_cores, memory_gib, disk_percent, gpus, gpu_memory_gib}, verdict, better, why}], endpoints: [the same, "
        "with hours for jobs], idle: [as above], queues: [{queue, vcpus, dollars_an_hour}]}`; the verdict is smaller, "
        "fits, short or unknown, and null is what nobody knows."
    ),
    "data put": "`{bucket, files: [{file, key, size, outcome}], versions: [version]}`, versions as `data versions` has "
    "them.",
    "data mark": "`{bucket, versions: [version]}`, as `data versions` has them.",
    "data versions": "`{bucket, versions: [{id, prefix, objects, bytes, at, by}]}`; with ID `{id, prefix, bytes, "
    "digest, complete, objects: [{key, version_id, etag, size, sha256}], missing: [key]}`, where `sha256` is null for "
    "what this machine did not put there.",
    "data get": "`{bucket, files: [{key, file, size, outcome}]}`.",
    "data rm": "`{bucket, deleted: [key]}`.",
    "data ls": "`{bucket, objects: [{key, size, modified}]}`.",
    "pipeline list": "`{pipelines: [{name, file, steps: [name]}]}`; the file is null for the blueprint's own.",
    "pipeline show": "`{pipelines: [{name, target, parameters: {name: fields}, steps: {name: fields}}]}`.",
    "pipeline check": "`{pipelines: [{name, target}]}`.",
    "pipeline from-notebook": "`{pipeline, files: [path], notes: [sentence], next: [command]}`.",
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
        "{commit, branch, dirty, changed: [path]}, data: {parameter: {prefix, objects, bytes, digest, "
        "complete, copies}}}`, `digest` is the version's id, `copies` is there when the run was told a version; "
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
        "shadows: [endpoint], digest, origin: {stack, registry, version, run, digest}, card}`; `digest` is the SHA-256 "
        "of the artifact when it was registered, `origin` where it was promoted from, `card` the status of its model "
        "card; each may be null. With `--card`, "
        "`{card: markdown, status}`."
    ),
    "lineage": "`{nodes: [{id, kind, name, facts}], edges: [{from, to}], unknown: [sentence]}`.",
    "promote": (
        "`{promotion: {from: {stack, registry, version, run, digest, bytes, metrics, artifact}, to: {stack, pipeline, "
        "steps: [{name, kind}], asks: [step]}}, run}`; `run` is the run, as `run` has it, or null with "
        "`--dry-run`. With `--follow`, the run."
    ),
    "rollback": "`{endpoint, was, beside: [version], version, run}`; `was` is null when no version of a registry "
    "served, `beside` are versions that were tried beside it.",
    "logs": "`{run, lines: [{step, time, text}]}`.",
    "monitor": (
        "`{endpoints: [{endpoint, pipeline, run, failed: {run, error}, alarms: {drift, quality}, page, report}]}`; "
        "`run`, `failed`, `page` and `report` are null where there is none, `report` is the run's `report.json`."
    ),
    "features list": "`{groups: [{group, name, features, online, table}]}`; `features` is how many.",
    "features show": (
        "`{group, name, status, record_identifier, event_time, features: {feature: type}, online, online_bytes, ttl, "
        "table, history, history_uri}`."
    ),
    "features get": "`{group, records: {key: {feature: value}}}`; a key of which nothing is known is null.",
    "tracking": "`{kind, address, experiments: {pipeline: experiment}, url}`; the url is null unless it is asked for.",
    "predict": "what the model answered; when that is no object, `{predictions: answer}`.",
    "retrieve": "`{question, version, chunks: [{score, distance, source, text, metadata}]}`; the version is the run "
    "whose documents answer.",
    "plugins": "`{plugins: [{kind, name, package, address, error}]}`; the error is null for what can be used.",
    "notebook": "`{folder, framework, command: [word], port}`; nothing is started.",
    "env": "`{variables: {name: value}, unset: [name]}`.",
    "graph": "`{nodes: [{urn, type, parent}], edges: [{from, to}]}`.",
    "drift": "a preview's object, with `drift: [{urn, type, name, state, properties: {path: {was, is}}}]`.",
    "refresh": f"{_OPERATION} With `--preview-only` as `drift`.",
    "destroy": _OPERATION
    + " Also `left: [{service, name}]` and `notLooked: [call]`, `kept: [name]` with `--keep-data`; with `--expired` "
    "`{stacks: {name: that or error}}`.",
    "stack ls": "`{stacks: [{stack, file, deployed}]}`.",
    "stack select": "`{stack}`; null where none is selected.",
    "stack export": "the state, whatever is asked: `{version, deployment}`; with `--file`, `{stack, file}`.",
    "stack import": "`{stack, resources, backup}`.",
    "status": "`{stacks: [{stack, blueprint, blueprint_version, latest_version, region, deployed, resources, "
    "first_up, last: {operation, result, at}, changed: [setting], expires, expired, monthly: {low, usual, high}, "
    "value: {owner, use_case, expected_usd_a_month, cost_share}, health: {last_run: {id, status, started}, "
    "serving: {version, run, metric, value}, endpoints: {name: status}, instances: {name: {now, wanted, at_most}}}, "
    "error}]}`; null is what is not known, "
    "`health` is where no cloud runs, `error` only where something is wrong.",
    "history": "`{stack, history: [{id, at, action, by, subject, result, message, about: {key: value}}]}`; the keys of "
    "`about` are those of Pulumi's history (`git.head`, `ci.system`), and `ci.actor`.",
    "stack history": "`{stack, history: [{kind, startTime, endTime, result, resourceChanges, …}]}`, Pulumi's entries.",
    "stack rename": "`{stack, was, backup, file: {from, to}}`.",
    "stack rm": "`{stack, resources, backup}`.",
    "state list": "`{stack, resources: [{urn, name, type, custom, id, parent, protect, delete}]}`.",
    "state show": "the resource as a checkpoint has it; of several of one name, `{resources: […]}`.",
    "state delete": "`{deleted: [urn], backup}`.",
    "state move": (
        "`{moved: {old urn: new urn}, cut: [urn], otherBackup, backup}`; with a URL `{from, to, moved: {stack: "
        "{resources, sha256, backup, history}}, files}`, the last the stack files whose secrets went under another "
        "provider."
    ),
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
