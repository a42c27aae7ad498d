"""Small Pulumi programs over the fake cloud's types."""

from __future__ import annotations

from typing import Any

import pulumi


class Thing(pulumi.CustomResource):
    """A resource of the fake cloud: any inputs, and the outputs ``label``, ``arn`` and ``password``."""

    label: pulumi.Output[str]
    arn: pulumi.Output[str]
    password: pulumi.Output[str]

    def __init__(
        self, name: str, opts: pulumi.ResourceOptions | None = None, kind: str = "Thing", **inputs: Any
    ) -> None:
        props = {"label": None, "arn": None, "password": None, **inputs}
        super().__init__(f"fake:index:{kind}", name, props, opts)


class Box(pulumi.ComponentResource):
    def __init__(self, name: str, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("test:index:Box", name, None, opts)
