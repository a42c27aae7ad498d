"""What of a tree is shown on a terminal of a given size. Pure: a frame in, lines out.

What matters most stays: failures and what is running, then the layers that are not done, then what is done in them.
Layers that are done are one line each, and one line together when there is no room.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mlops_iac.engine.event import Op
from mlops_iac.render.style import OP_STYLES, Style
from mlops_iac.render.tree import Frame, Layer, Work
from mlops_iac.render.words import DOING, DONE, counts_in_words

OK, FAILED, MORE = "✓", "✗", "…"
SPINNER = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
TURNS_PER_SECOND = 10
_ROOM_FOR_A_NOTE, _ROOM_FOR_A_NAME = 10, 8
"""Cells. With less room the note is left out, and beside the name the time."""


@dataclass(frozen=True, kw_only=True)
class Line:
    """One line of the tree, not yet cut to a width."""

    mark: str = ""
    name: str
    seconds: float | None = None
    note: str = ""
    depth: int = 0
    styles: tuple[str, ...] = ()
    """Of the mark."""


def lay_out(frame: Frame, height: int) -> list[Line]:
    """The lines for a terminal of this many rows; the counts are the last one. Never more than ``height`` lines."""
    budget = max(1, height) - 2
    if budget < 1:
        return [_counts(frame)]
    shown = [layer for layer in frame.layers if layer.is_shown]
    over = [layer for layer in shown if layer.is_over and not layer.failed]
    active = [layer for layer in shown if layer not in over]
    lines = _fit(frame, over, active, budget)
    return [*lines, Line(name=""), _counts(frame)] if lines else [_counts(frame)]


def lay_out_end(frame: Frame) -> list[Line]:
    """What stays on the terminal when the operation is over: a line a layer, and what failed in it."""
    lines: list[Line] = []
    for layer in frame.layers:
        if layer.is_shown:
            lines.append(_header(layer, frame, ended=True))
            lines += [_failed(work) for work in layer.failed]
    return lines


def render_line(line: Line, *, width: int, names: int, style: Style) -> str:
    """One line cut to ``width`` cells. ``names`` is the width of the column of names, indentation included."""
    if not line.mark and line.seconds is None:
        return _cut(f"  {line.name}" if line.name else "", width)
    head = f"  {'    ' * line.depth}{style.paint(f'{line.mark:>2}', *line.styles)} "
    left = width - 4 * line.depth - 5
    took = f" {_clock(line.seconds):>8}" if line.seconds is not None else ""
    took = took if left - len(took) >= _ROOM_FOR_A_NAME else ""
    name = _cut(line.name, left - len(took)).ljust(min(names - 4 * line.depth, left - len(took)))
    left -= len(name) + len(took) + 2
    note = f"  {_cut(line.note, left)}" if line.note and left >= _ROOM_FOR_A_NOTE else ""
    return f"{head}{name}{style.paint(took, 'dim')}{style.paint(note, 'dim')}".rstrip()


def render_lines(lines: Sequence[Line], *, width: int, color: bool) -> list[str]:
    style = Style(color)
    names = min(40, max((len(line.name) + 4 * line.depth for line in lines if line.mark), default=0))
    return [render_line(line, width=width, names=names, style=style) for line in lines]


def _fit(frame: Frame, over: Sequence[Layer], active: Sequence[Layer], budget: int) -> list[Line]:
    """What is urgent first; the room that is left goes to the layers that are over, then to what is done."""
    urgent = sum(1 + len(layer.running) + len(layer.failed) for layer in active)
    folded = bool(over) and urgent + len(over) > budget
    head = [_folded(over)] if folded else [_header(layer, frame) for layer in over]
    spare = budget - len(head) - urgent
    if spare < 0:
        return head + _most_urgent(frame, active, budget - len(head))
    lines = list(head)
    for layer, room in zip(active, _share(active, spare), strict=True):
        lines.append(_header(layer, frame))
        lines += [_failed(work) for work in layer.failed]
        lines += [_done(work) for work in (layer.done[-room:] if room else [])]
        lines += [_running(work, frame) for work in layer.running.values()]
    return lines


def _share(layers: Sequence[Layer], spare: int) -> list[int]:
    """How many finished resources each layer may show: the last layers, which people watch, are served first."""
    shares = []
    for layer in reversed(layers):
        shares.append(min(spare, len(layer.done)))
        spare -= shares[-1]
    return shares[::-1]


def _most_urgent(frame: Frame, active: Sequence[Layer], room: int) -> list[Line]:
    """More is going on than fits: what failed, then what has been running longest, then how many more there are."""
    failed = [(layer, _failed(work)) for layer in active for work in layer.failed]
    running = sorted(
        ((layer, work) for layer in active for work in layer.running.values()), key=lambda item: item[1].began
    )
    items = [*failed, *((layer, _running(work, frame)) for layer, work in running)]
    lines = [_named(layer, line) for layer, line in items[: max(0, room - 1)]]
    left = len(items) - len(lines)
    return [*lines, Line(mark=MORE, name=f"and {left} more")][: max(0, room)] if left else lines


def _named(layer: Layer, line: Line) -> Line:
    name = line.name if line.name == layer.name else f"{layer.name}-{line.name}"
    return Line(mark=line.mark, name=name, seconds=line.seconds, note=line.note, styles=line.styles)


def _folded(over: Sequence[Layer]) -> Line:
    names = ", ".join(layer.name for layer in over)
    return Line(mark="·", name=f"{len(over)} layers at rest", note=names, styles=("blue",), seconds=None)


def _header(layer: Layer, frame: Frame, *, ended: bool = False) -> Line:
    counts = ", ".join(text for op, text in counts_in_words(layer.changes) if op is not Op.SAME)
    failures = f"{len(layer.failed)} failed" if layer.failed else ""
    note = ", ".join(part for part in (failures, counts) if part)
    note = f"{layer.kind}: {note}" if layer.kind and note else note or layer.kind
    going = bool(layer.running) and not ended
    seconds = (frame.now if going else layer.ended or frame.now) - layer.began
    if layer.failed:
        mark, styles = FAILED, ("red",)
    elif frame.succeeded and ((layer.is_over and (frame.is_over or layer.gone)) or ended):
        mark, styles = OK, ("green",)
    else:
        mark, styles = (_spinner(frame) if going else "·"), ("blue",)
    return Line(mark=mark, name=layer.name, note=note, seconds=seconds, styles=styles)


def _running(work: Work, frame: Frame) -> Line:
    note = f"{DOING.get(work.op, str(work.op))} {work.type}"
    seconds = frame.now - work.began
    return Line(mark=_spinner(frame), name=work.name, note=note, seconds=seconds, depth=1, styles=("blue",))


def _done(work: Work) -> Line:
    note = f"{DONE.get(work.op, str(work.op))} {work.type}"
    styles = OP_STYLES.get(work.op, ())
    return Line(mark=work.op.mark, name=work.name, note=note, seconds=work.seconds, depth=1, styles=styles)


def _failed(work: Work) -> Line:
    note = f"{DOING.get(work.op, str(work.op))} {work.type} failed"
    return Line(mark=FAILED, name=work.name, note=note, seconds=work.seconds, depth=1, styles=("red",))


def _counts(frame: Frame) -> Line:
    running = sum(len(layer.running) for layer in frame.layers)
    words = [f"{frame.failed} failed"] if frame.failed else []
    words += [f"{running} running"] if running else []
    words += [text for _, text in counts_in_words(frame.changes)]
    # In the order in which a narrow terminal may cut it.
    return Line(name=f"{_clock(frame.now - frame.began)}  {', '.join(words)}".rstrip())


def _spinner(frame: Frame) -> str:
    return SPINNER[int((frame.now - frame.began) * TURNS_PER_SECOND) % len(SPINNER)]


def _clock(seconds: float) -> str:
    """``3.2 s``, ``4 m 05 s``: at most eight cells."""
    seconds = max(0.0, seconds)
    return f"{seconds:.1f} s" if seconds < 100 else f"{int(seconds) // 60} m {int(seconds) % 60:02} s"


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else text[: max(0, width - 1)] + MORE
