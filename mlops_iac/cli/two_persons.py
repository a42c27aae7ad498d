"""``review: two-persons``: a change is planned by one person, approved by another, and nothing else is carried out."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from mlops_iac.cli.options import CloudName

if TYPE_CHECKING:
    from mlops_iac.clients import Clients
    from mlops_iac.config.stack_config import StackConfig
    from mlops_iac.engine.deciding.options import Options
    from mlops_iac.engine.deciding.plan_review import PlanReview, Signer


def wants_two(root: Path, stack: str) -> bool:
    """What the stack file, or the company's for it, says. A project without blueprints has no such word."""
    config = _read(root, stack)
    return config is not None and config.review == "two-persons"


def _read(root: Path, stack: str) -> StackConfig | None:
    """None where there is no such word."""
    from mlops_iac.config.load import load_stack
    from mlops_iac.config.plain_stack import is_plain
    from mlops_iac.config.project_file import read_project_file
    from mlops_iac.core.errors import MlopsError

    if is_plain(read_project_file(root), stack):
        return None
    try:
        return load_stack(root, stack, options_model=None)
    except MlopsError:
        return None  # whatever comes next reads the whole file, tells all that is wrong with it, and goes no further


@dataclass(frozen=True)
class ReviewKey:
    """A key of KMS, and as whom it is used."""

    name: str
    clients: Clients


def signer(root: Path, key: ReviewKey | None) -> Signer:
    """By a key, or under the passphrase of this project's secrets."""
    from mlops_iac.backends.embedded import HOME
    from mlops_iac.engine.deciding.plan_review import PassphraseSeal, Signer
    from mlops_iac.engine.values.secrets import passphrase_for

    if key is None:
        return Signer(PassphraseSeal(lambda: passphrase_for(root / HOME)))
    from mlops_iac.runs.plan_seal import KmsSeal

    return Signer(KmsSeal(key.clients, key.name))


def find_key(root: Path, stack: str, cloud: CloudName) -> ReviewKey | None:
    """The one that the stack file names, which may be in another region than the stack; None without one."""
    from mlops_iac.cli.adopted import clients_of

    config = _read(root, stack)
    if config is None or config.review_key is None:
        return None
    _, arn, place = config.review_key.partition("arn:")
    return ReviewKey(config.review_key, clients_of(config, cloud, place.split(":")[2] if arn else ""))


@contextlib.contextmanager
def signing_as(root: Path, stack: str, cloud: CloudName, name: str | None) -> Iterator[tuple[Signer, str]]:
    """A signer, and who it is that signs. ``name``: another person, whom the embedded cloud lends to rehearse two."""
    key = find_key(root, stack, cloud)
    if name is None:
        yield signer(root, key), who_acts(stack, cloud)
        return
    from mlops_iac.cli.environments import open_backend
    from mlops_iac.runs.somebody_else import acting_as

    with acting_as(key.clients if key else open_backend(stack, cloud).clients(), name) as acting:
        own = replace(key, clients=acting) if key else None
        yield signer(root, own), str(acting("sts").get_caller_identity()["Arn"])


def who_acts(stack: str, cloud: CloudName) -> str:
    """In CI whom the job acts for, on AWS whom the credentials stand for, else the person at this machine."""
    from mlops_iac.cli.environments import open_backend, project_root
    from mlops_iac.core.errors import StackNotFound
    from mlops_iac.runs.actor import read_actor
    from mlops_iac.runs.person import person_here, who_asks

    known = read_actor(project_root())
    if known.get("ci.actor"):
        return f"{known['ci.actor']} by {known['ci.system']}"
    if cloud is CloudName.AWS:
        try:
            return who_asks(open_backend(stack, cloud).clients())
        except StackNotFound:  # not deployed yet
            from mlops_iac.clients import Clients

            return who_asks(Clients.aws("us-east-1"))
    return person_here()


def sign_plan(plan: Path | None, root: Path, stack: str, cloud: CloudName) -> None:
    """Say whose plan was just saved, where two persons are asked for."""
    if plan is None or not wants_two(root, stack):
        return
    from mlops_iac.cli.console import say
    from mlops_iac.engine.deciding.plan_review import review_file, write_review
    from mlops_iac.engine.state.record import now

    review = signer(root, find_key(root, stack, cloud)).begin(plan, stack, who_acts(stack, cloud), now())
    write_review(plan, review)
    say(f"{review_file(plan).name} says that it is {review.made.by}'s. Somebody else: mlops-iac plan approve {plan}")


def open_review(plan: Path, root: Path, cloud: CloudName) -> PlanReview:
    """Read and checked. Raises PlanError."""
    from mlops_iac.engine.deciding.plan_review import read_review

    review = read_review(plan)
    signer(root, find_key(root, review.stack, cloud)).check(review, plan)
    return review


def with_two(options: Options, root: Path, stack: str, cloud: CloudName) -> Options:
    """Options of an `up`, with the two who stand behind its plan. Raises PlanError where two are asked for and are not
    there."""
    steps = f"`preview {stack} --save-plan FILE`, somebody else's `plan approve FILE`, then `up {stack} --plan FILE`."
    review = second_of(options.plan, root, stack, steps, cloud)
    return replace(options, actor={**options.actor, **about(review)}) if review else options


def second_of(plan: Path | None, root: Path, stack: str, steps: str, cloud: CloudName) -> PlanReview | None:
    """The record of a plan that somebody else approved; None where nobody is asked for. ``steps``: how one comes to
    have one. Raises PlanError."""
    from mlops_iac.core.errors import PlanError

    if not wants_two(root, stack):
        return None
    if plan is None:
        detail = f"{stack} is changed by an approved plan only (`mlops-iac:review: two-persons`)."
        raise PlanError("Two persons have to agree.", detail, hint=steps)
    review = open_review(plan, root, cloud)
    if review.stack != stack:
        detail = f"{plan} is a plan of {review.stack}."
        raise PlanError("The plan is another stack's.", detail, hint=f"make one of {stack}: {steps}")
    if review.second is None:
        detail = f"{review.made.by} made this plan, and nobody else has approved it."
        raise PlanError("Two persons have to agree.", detail, hint="somebody else: `mlops-iac plan approve FILE`.")
    return review


def about(review: PlanReview) -> Mapping[str, str]:
    """For the history."""
    second = review.second
    return {"plan.made-by": review.made.by, **({"plan.approved-by": second.by} if second else {})}


def note_approval(review: PlanReview, cloud: CloudName, message: str) -> None:
    """In the environment's own log, where there is an environment."""
    from mlops_iac.cli.auditing import write_down
    from mlops_iac.cli.environments import open_environment
    from mlops_iac.core.errors import StackNotFound, StateError

    try:
        opened = open_environment(review.stack, cloud, quick=True)
    except (StackNotFound, StateError):
        return
    write_down(opened, "approve-plan", f"{review.digest[:12]} made by {review.made.by}", message)
    opened.keep()
