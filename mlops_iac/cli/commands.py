"""The table of commands: each is loaded when it is named, so that none pays for the others."""

from __future__ import annotations

import importlib
from typing import Any

import typer
from typer.core import TyperGroup

# In the order a newcomer meets them: where each is (a function, or a Typer `app` for a group) and its line in `--help`.
# The line stands here so that `--help` imports no command; a test holds it against the command's own docstring.
COMMANDS = {
    "init": ("mlops_iac.cli.init:init", "Make a project: the folder that holds stack files and the teams' code."),
    "doctor": (
        "mlops_iac.cli.doctor:doctor",
        "Check that everything is here that an environment needs; each line passes, warns or fails, and says the fix.",
    ),
    "bootstrap": (
        "mlops_iac.cli.bootstrap:bootstrap",
        "Make what an account needs once: a bucket for states, a key for secrets, roles for pipelines without keys.",
    ),
    "blueprint": ("mlops_iac.cli.blueprint:app", "The environments that can be had: list them, show one."),
    "new": ("mlops_iac.cli.new:new", "Write the stack file of a new environment."),
    "config": (
        "mlops_iac.cli.config:app",
        "The settings of an environment, and where each is from: its own file, the company's, the blueprint.",
    ),
    "adopt": (
        "mlops_iac.cli.adopt:adopt",
        "Let an environment use a layer that is there already, and show what that changes.",
    ),
    "import": (
        "mlops_iac.cli.import_environment:import_environment",
        "Write the stack file of an environment that was made by hand, from what the account has by tags and names.",
    ),
    "preview": (
        "mlops_iac.cli.preview:preview",
        "Show what would change, layer by layer, what it costs, and change nothing.",
    ),
    "cost": ("mlops_iac.cli.cost:cost", "Show what an environment costs a month on AWS, before it exists."),
    "prices": (
        "mlops_iac.cli.prices:app",
        "The list prices that estimates are made with: show how old they are, ask AWS for today's.",
    ),
    "policy": (
        "mlops_iac.cli.policy:app",
        "The rules that environments keep: list, show, check; a pack of them for Pulumi's own CLI.",
    ),
    "plan": ("mlops_iac.cli.plan:app", "Saved plans: show who made and approved one, approve one."),
    "up": ("mlops_iac.cli.up:up", "Create or update an environment."),
    "outputs": ("mlops_iac.cli.outputs:outputs", "Show what an environment offers."),
    "data": (
        "mlops_iac.cli.data:app",
        "The lake's data: put files there, get, list and delete them, and its versions.",
    ),
    "features": (
        "mlops_iac.cli.features:app",
        "The features of an environment: list groups, show one, get what is known of a key.",
    ),
    "pipeline": (
        "mlops_iac.cli.pipeline:app",
        "The pipelines of a stack file: list, show, check, draw them; make one of a notebook.",
    ),
    "run": ("mlops_iac.cli.run:run", "Run a pipeline with the code that lies in its folder now."),
    "runs": (
        "mlops_iac.cli.runs:app",
        "The runs of an environment: list (or only `runs STACK`), show, compare, watch, stop, retry.",
    ),
    "approve": ("mlops_iac.cli.approve:approve", "Let a run go on that waits for a person."),
    "reject": ("mlops_iac.cli.reject:reject", "End a run that waits for a person: nothing of it is deployed."),
    "models": ("mlops_iac.cli.models:app", "The models of an environment: list (or only `models STACK`), show."),
    "promote": (
        "mlops_iac.cli.promote:promote",
        "Take a model over into another environment, where its gate decides on that environment's own data.",
    ),
    "lineage": ("mlops_iac.cli.lineage:lineage", "Show where a model comes from and where it went."),
    "rollback": ("mlops_iac.cli.models:rollback", "Make the endpoint serve an earlier approved version again."),
    "logs": ("mlops_iac.cli.logs:logs", "Show what the jobs of a run wrote."),
    "predict": ("mlops_iac.cli.predict:predict", "Ask the deployed model."),
    "retrieve": (
        "mlops_iac.cli.retrieve:retrieve",
        "Ask an environment's documents: show the chunks that are nearest to a question.",
    ),
    "monitor": (
        "mlops_iac.cli.monitor:monitor",
        "Show what the watch over an environment's endpoints found last.",
    ),
    "tracking": (
        "mlops_iac.cli.tracking:tracking",
        "Show where an environment's runs are logged, and MLflow's page.",
    ),
    "notebook": (
        "mlops_iac.cli.notebook:notebook",
        "Start JupyterLab on this machine, in the team's code folder, with the environment's variables.",
    ),
    "env": (
        "mlops_iac.cli.env:env",
        "Print the variables that let any AWS client work on an environment, or run a command with them.",
    ),
    "access": (
        "mlops_iac.cli.access:access",
        "Show and say who may work in an environment: as viewer, as scientist, as admin.",
    ),
    "graph": ("mlops_iac.cli.graph:graph", "Draw an environment: its layers and what depends on what."),
    "ci": (
        "mlops_iac.cli.ci:app",
        "Pipelines of a code host: write them, list what a change can touch, export the states.",
    ),
    "drift": ("mlops_iac.cli.drift:drift", "Show what was changed behind our back, property by property."),
    "refresh": ("mlops_iac.cli.refresh:refresh", "Record in the state what the cloud says now."),
    "status": (
        "mlops_iac.cli.status:status",
        "Show how environments stand: deployed or not, the last run, what serves, cost, expiry.",
    ),
    "history": ("mlops_iac.cli.history:history", "Show who did what to an environment, when and why."),
    "upgrade": (
        "mlops_iac.cli.upgrade:upgrade",
        "Write a stack file for a newer version of its blueprint, so that it means what it meant.",
    ),
    "destroy": ("mlops_iac.cli.destroy:destroy", "Destroy an environment to its last resource."),
    "stack": (
        "mlops_iac.cli.stack:app",
        "The environments of this project: list, select, export, import, history, rename, forget.",
    ),
    "evidence": (
        "mlops_iac.cli.evidence:evidence",
        "Write down for auditors what is deployed, who approved what, and which control is met where.",
    ),
    "state": (
        "mlops_iac.cli.state:app",
        "What is recorded of each resource: list, show, delete, move, unprotect, repair.",
    ),
    "cloud": (
        "mlops_iac.cli.cloud:app",
        "The embedded cloud: start, stop, status, advance, interrupt, reset, provider.",
    ),
    "schema": (
        "mlops_iac.cli.schema:schema",
        "Print the JSON schema of stack files, pipelines, a company's file or groups of features, for editors.",
    ),
    "plugins": (
        "mlops_iac.cli.plugins:plugins",
        "List what installed packages add: blueprints, components, kinds of steps and of external systems, policies, "
        "records of resource types.",
    ),
    "completion": ("mlops_iac.cli.completion:completion", "Print a completion script for bash, zsh or fish."),
}

GROUPS = {
    "Begin": ("init", "doctor", "bootstrap", "blueprint", "new", "adopt", "import", "config"),
    "Deploy": ("preview", "cost", "prices", "policy", "plan", "up", "outputs", "graph", "destroy"),
    "Run": ("data", "pipeline", "run", "runs", "logs", "approve", "reject"),
    "Use": (
        "models",
        "lineage",
        "promote",
        "rollback",
        "predict",
        "features",
        "retrieve",
        "monitor",
        "tracking",
        "notebook",
        "env",
        "access",
    ),
    "Keep it": ("status", "drift", "refresh", "history", "evidence", "upgrade", "stack", "state", "cloud"),
    "Set up": ("ci", "schema", "plugins", "completion"),
}
"""How `--help` groups the commands; a test holds that each stands in one group."""


class Commands(TyperGroup):
    """Imports a command's module when that command is named, so that none pays for the others."""

    def list_commands(self, ctx: Any) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name not in COMMANDS:
            return None
        if cmd_name not in self.commands:
            self.commands[cmd_name] = load_command(cmd_name)
        return self.commands[cmd_name]

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        width = max(map(len, COMMANDS))
        for title, names in GROUPS.items():
            with formatter.section(title):
                formatter.write_dl([(name.ljust(width), COMMANDS[name][1]) for name in names])


def load_command(name: str) -> Any:
    module, _, attribute = COMMANDS[name][0].partition(":")
    target = getattr(importlib.import_module(module), attribute)
    if isinstance(target, typer.Typer):
        target._add_completion = False  # one command line has one completion: the root's
        group = typer.main.get_command(target)
    else:
        app = typer.Typer(add_completion=False, rich_markup_mode=None)
        app.command(name)(target)
        group = typer.main.get_command(app)
    group.name = name
    return group
