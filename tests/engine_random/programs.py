"""From a random version to a Pulumi program."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pulumi

from tests.engine.programs import Box, Thing
from tests.engine_random.parts import GENERATIONS, Part, Version, name_of

LOBBY = "lobby"
"""A resource that is somebody else's, and that programs read."""


class Fake(pulumi.ProviderResource):
    def __init__(self, name: str, region: str) -> None:
        super().__init__("fake", name, {"region": region})


class Stumbled(Exception):
    """The program itself raised."""


def program_of(version: Version, *, raises_at: int | None = None) -> Callable[[], None]:
    """``raises_at`` is the number of registrations after which the program raises."""

    def program() -> None:
        made: dict[int, pulumi.Resource] = {}
        abroad = Fake("abroad", "us-east-1") if any(part.abroad for part in version.parts) else None
        if version.reads:
            Thing("reader", opts=pulumi.ResourceOptions(id=LOBBY))
        for number, part in enumerate(version.parts):
            if number == raises_at:
                raise Stumbled
            options = _options(part, made, abroad)
            made[part.id] = Box(part.name, options) if part.box else Thing(part.name, options, **_inputs(part, made))
        for part in version.things:
            pulumi.export(part.name, made[part.id].arn)  # type: ignore[attr-defined]

    return program


def _inputs(part: Part, made: Mapping[int, pulumi.Resource]) -> dict[str, object]:
    inputs: dict[str, object] = {"size": part.size}
    if part.place:
        inputs["place"] = part.place
    if part.home:
        inputs["place"] = getattr(made[part.home[0]], part.home[1])
    if part.label:
        inputs["label"] = part.label
    if part.token:
        inputs["tags"] = {"token": pulumi.Output.secret(secret_of(part.token))}
    if part.source:
        value = getattr(made[part.source[0]], part.source[1])
        inputs["source"] = pulumi.Output.secret(value) if part.sealed else value
    if part.goes_with is not None:
        inputs["inside"] = made[part.goes_with].label  # type: ignore[attr-defined]
    if part.asks:
        question = {"about": inputs.get("source", part.size)}
        answer = pulumi.runtime.invoke_output("fake:index/whoami:whoami", question)
        inputs["answer"] = answer.apply(lambda fields: fields["about"])
    return inputs


def secret_of(token: str) -> str:
    """What must never be found in a file: with characters that encodings change."""
    return f"S3CRET/{token}+word&more"


def _options(part: Part, made: Mapping[int, pulumi.Resource], abroad: pulumi.ProviderResource | None) -> object:
    others = [generation for generation in range(GENERATIONS) if generation != part.generation]
    return pulumi.ResourceOptions(
        parent=made[part.parent] if part.parent is not None else None,
        depends_on=[made[id] for id in part.after],
        aliases=[pulumi.Alias(name=name_of(part.id, generation)) for generation in others],
        provider=abroad if part.abroad else None,
        import_=part.label if part.adopts else None,
        deleted_with=made[part.goes_with] if part.goes_with is not None else None,
        protect=part.protect or None,
        retain_on_delete=part.retain or None,
        delete_before_replace=part.delete_first,
        ignore_changes=["size"] if part.ignore_size else None,
        replace_on_changes=["size"] if part.replace_on_size else None,
        additional_secret_outputs=["arn"] if part.secret_arn else None,
    )
