"""Resources whose create took several calls and was cut off: what of them is there, and how the rest is made."""

from __future__ import annotations

from mlops_iac.core.errors import CloudError
from mlops_iac.engine.handler import Created, Handler, Scope, Unfinished
from mlops_iac.engine.values.value import Props

CUT_OFF = "The create was cut off, and it is not known how far it had come."
"""The reason that is recorded where no call has given one."""


def begun(handler: Handler, inputs: Props) -> Props:
    """The inputs as the first call of a create leaves them: UNKNOWN where another call is needed."""
    says = getattr(handler, "begun", None)
    return inputs if says is None else dict(says(inputs))


def takes_several_calls(handler: Handler, inputs: Props) -> bool:
    return begun(handler, inputs) != inputs


def finish(handler: Handler, scope: Scope, made: Created, *, begun_with: Props, inputs: Props) -> Created:
    """Update what a create has begun to what is asked for now. Calls that were carried out before may be made again.
    Raises `Unfinished` when one is refused."""
    try:
        outputs = handler.update(scope, made.id, begun(handler, begun_with), inputs, made.outputs)
        found = handler.read(scope, made.id, outputs)  # what the create would have answered besides
    except CloudError as error:
        raise Unfinished(error, made) from error
    return found or Created(made.id, outputs)
