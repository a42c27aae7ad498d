"""From a stack file to a built environment: what a blueprint's program registers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlops_iac.blueprints import Blueprint, Compiled, get_blueprint, get_options_model
from mlops_iac.blueprints.parts.access import with_access
from mlops_iac.config.load import load_stack
from mlops_iac.config.migrations import renamed_resources
from mlops_iac.config.stack_config import StackConfig
from mlops_iac.core.collector import paused
from mlops_iac.core.errors import ConfigError, MlopsError, PipelineError, Problem
from mlops_iac.core.frameworks import find_framework, framework_names
from mlops_iac.core.notices import notice
from mlops_iac.core.suggestions import nearest
from mlops_iac.pipelines.pipeline import Pipeline
from mlops_iac.pipelines.triggers import find_faults
from mlops_iac.program.adopted import check_adopted
from mlops_iac.program.company_rules import check_company_rules
from mlops_iac.program.machines import check_machines
from mlops_iac.program.pipeline_files import Written, read_pipelines
from mlops_iac.program.servers import check_server

if TYPE_CHECKING:
    from mlops_iac.components._kit.site import Site
    from mlops_iac.components._kit.transforms import ByType, Place, TypeTransforms
    from mlops_iac.core.environment import Environment


@dataclass(frozen=True, kw_only=True)
class Description:
    """What a program would build, said without Pulumi."""

    stack: str
    blueprint: str
    summary: str
    region: str
    security: str
    layers: tuple[str, ...]
    pipelines: Mapping[str, tuple[str, ...]]
    """Pipeline to its steps, in order."""
    options: Mapping[str, Any]
    """With every default filled in."""


@dataclass(frozen=True, kw_only=True)
class Program:
    """One stack's program: checked when it is loaded, run inside a Pulumi runtime."""

    root: Path
    stack: str
    config: StackConfig
    blueprint: Blueprint
    written: tuple[Written, ...]
    """Its pipelines: the blueprint's, as the team's files change and add to them."""

    @property
    def pipelines(self) -> tuple[Pipeline, ...]:
        return tuple(one.pipeline for one in self.written)

    @property
    def why_no_pipelines(self) -> str:
        """A sentence of the blueprint's, where it has none of its own; else empty."""
        return str(getattr(self.blueprint, "why_no_pipelines", ""))

    def run(self, transforms: TypeTransforms | None = None, place: Place | None = None) -> None:
        """Register every resource of the environment and export its outputs. Called by an engine, in its runtime.

        ``transforms`` change every resource of a type; ``place`` is where they were written. Raises BlueprintError for
        a type that no component makes, and for a property that a type does not have.
        """
        import pulumi

        from mlops_iac.components._kit.aws_packages import load_by_class
        from mlops_iac.components._kit.transforms import ByType, Place

        changed = ByType.of(transforms or {}, place or Place())

        load_by_class()
        with paused():
            site = self._site(changed)
            environment = with_access(site, self.config, self._build(site))
            for name, value in environment.to_outputs().items():
                pulumi.export(name, value)

    def _build(self, site: Site) -> Environment:
        try:
            return self.blueprint.build(site, self.config, self.config.options, self.pipelines)
        except PipelineError as error:
            raise self.placed(error) from None

    def compile(self, pipeline: Pipeline) -> Compiled:
        """A pipeline as its orchestrator would get it. Raises PipelineError with the file and line of each mistake."""
        try:
            return self.blueprint.compile(self.config, self.config.options, pipeline)
        except PipelineError as error:
            error.pipeline = pipeline.name
            raise self.placed(error) from None

    def placed(self, error: PipelineError) -> MlopsError:
        """An error about one of the pipelines, at the lines of the file that says it."""
        found = next((one for one in self.written if one.pipeline.name == error.pipeline), None)
        return found.placed(error) if found else error

    def describe(self) -> Description:
        config = self.config
        return Description(
            stack=config.stack,
            blueprint=self.blueprint.name,
            summary=self.blueprint.summary,
            region=config.region,
            security=config.security.value,
            layers=tuple(self.blueprint.layers),
            pipelines={pipeline.name: tuple(step.name for step in pipeline.ordered) for pipeline in self.pipelines},
            options=config.options.model_dump(mode="json", by_alias=True),
        )

    def not_embedded(self) -> Iterator[Problem]:
        """What of the team's pipelines cannot run on the embedded cloud, at its line."""
        for one in self.written:
            for step in one.pipeline.steps:
                for image in step.images():
                    if find_framework(image) is None:
                        detail = f"Step `{step.name}` runs `{image}`; the embedded cloud runs no containers."
                        hint = f"use an image of {', '.join(framework_names())} of AWS's here, or deploy to AWS."
                        yield one.problem(step.name, "image", "This image cannot run here.", detail, hint)
                for field, why in step.not_embedded():
                    detail = f"Step `{step.name}`: {why}."
                    hint = "change it for this stack, or deploy it with --cloud aws."
                    yield one.problem(step.name, field, "The embedded cloud cannot run this.", detail, hint)

    def check_code(self) -> None:
        """Raise ConfigError, at its line, when the code folder or one of the pipelines' scripts does not exist, and for
        a file of which its step says that it cannot be used."""
        if not self.config.code:
            return
        folder = self.config.get_code_folder()
        problems = [
            self._missing(folder, one, step, script)
            for one in self.written
            for step, script in one.pipeline.scripts.items()
            if not (folder / script).is_file()
        ] or [
            one.problem(step.name, fault.field, "A file of a step cannot be used.", fault.detail, fault.hint)
            for one in self.written
            if one.document
            for step in one.pipeline.steps
            for fault in step.faults(folder)
        ]
        if problems:
            raise ConfigError.of(problems)

    def check_triggers(self) -> None:
        """Raise ConfigError, at its line, for a trigger that would start itself or names nothing."""
        summary, by_name = "A trigger cannot be.", {one.pipeline.name: one for one in self.written}
        problems = [
            by_name[fault.pipeline].trigger_problem(fault, summary)
            if by_name[fault.pipeline].says_trigger(fault.trigger)
            else self.config.problem(
                f"options.triggers.{fault.trigger}.{fault.field}", summary, fault.detail, fault.hint
            )
            for fault in find_faults(self.pipelines)
        ]
        if problems:
            raise ConfigError.of(problems)

    def _missing(self, folder: Path, one: Written, step: str, script: str) -> Problem:
        ending = Path(script).suffix
        there = sorted(path.relative_to(folder).as_posix() for path in folder.rglob(f"*{ending}"))
        match = nearest(script, there)
        detail = f"Step `{step}` runs `{script}`, which `{self.config.code}` does not hold."
        near = f" Did you mean `{match}`?" if match else ""
        field = next((field for field in ("script", "notebook") if one.says(step, field)), None)
        if field:
            hint = f"write `{self.config.code}/{script}`, or name another file here.{near}"
            return one.problem(step, field, "A script is missing.", detail, hint)
        hint = f"write `{self.config.code}/{script}`, or name another file under `options.scripts.{step}`.{near}"
        return self.config.problem(f"options.scripts.{step}", "A script is missing.", detail, hint)

    def _site(self, transforms: ByType) -> Site:
        # The module itself: importing all of pulumi_aws would take longer than the whole program.
        from pulumi_aws.get_caller_identity import get_caller_identity_output

        from mlops_iac.components._kit.site import Site

        config = self.config
        return Site(
            team=config.team,
            environment=config.environment,
            blueprint=config.blueprint,
            region=config.region,
            account_id=get_caller_identity_output().account_id,
            profile=config.security.value,
            tags={**config.tags, **config.value.tags()},
            protect=config.protect,
            transforms=transforms,
            renamed=renamed_resources(type(config.options)),
        )


def load(root: Path, stack: str) -> Program:
    """Read and check a stack's program. Raises ConfigError with every problem, BlueprintError, or PipelineError."""
    config = load_stack(root, stack, options_model=get_options_model)
    if config.is_outdated:
        notice(outdated(config))
    blueprint = get_blueprint(config.blueprint)
    made = blueprint.pipelines(config.options)
    written = _followed(blueprint, config, read_pipelines(root, config.get_code_folder(), made)) if config.code else ()
    program = Program(root=root, stack=stack, config=config, blueprint=blueprint, written=written)
    check_company_rules(config, written)
    check_machines(config, written)
    check_server(config)
    check_adopted(config)
    program.check_code()
    program.check_triggers()
    return program


def outdated(config: StackConfig) -> str:
    """What is said of a stack file that is written for an older version of its blueprint."""
    return (
        f"{config.stack} is written for {config.blueprint} {config.blueprint_version}; this is {config.latest_version}:"
        f" run `mlops-iac upgrade {config.stack}`."
    )


def _followed(blueprint: Blueprint, config: StackConfig, written: Sequence[Written]) -> tuple[Written, ...]:
    """Pipelines that a blueprint makes of others are made of these as the team's files change them, unless a file says
    them themselves."""
    following = getattr(blueprint, "following", None)
    if following is None:
        return (*written,)
    made = {one.name: one for one in following(config.options, [each.pipeline for each in written])}
    return tuple(
        replace(one, pipeline=made[one.pipeline.name]) if one.document is None and one.pipeline.name in made else one
        for one in written
    )


LOADED: ContextVar[Program | None] = ContextVar("loaded", default=None)
"""The program of the stack that is being run, when it was read before."""


def main(*, transforms: TypeTransforms | None = None) -> None:
    """What `__main__.py` calls, by both engines: the stack is the selected one, the project is where `Pulumi.yaml`
    lies.

    ``transforms`` change every resource of a type that the blueprint makes: `{pulumi_aws.s3.Bucket: {"force_destroy":
    True}}`, or a function of properties and options. Left out: nothing is changed.
    """
    import pulumi

    from mlops_iac.components._kit.transforms import caller

    root, stack = Path(pulumi.get_root_directory()), pulumi.get_stack()
    program = LOADED.get()
    if program is None or (program.root, program.stack) != (root, stack):
        program = load(root, stack)
    program.run(transforms, caller() if transforms else None)
