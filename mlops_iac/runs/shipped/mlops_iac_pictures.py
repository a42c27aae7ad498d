"""The report of a monitor as one page with its pictures in it: no script, nothing from elsewhere."""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

STYLE = (
    "body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:64rem;padding:0 1rem;color:#1b1f24}"
    "h1{margin-bottom:.2rem}.said{font-size:1.15rem;padding:.6rem .9rem;border-left:.35rem solid #2da44e;"
    "background:#f0f8f2}.said.bad{border-color:#cf222e;background:#fdf1f1}"
    "table{border-collapse:collapse;width:100%;margin:1rem 0}th,td{text-align:left;padding:.3rem .6rem;"
    "border-bottom:1px solid #d8dee4;vertical-align:top}td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}"
    "tr.bad td{background:#fdf1f1}"
    ".grid{display:grid;grid-template-columns:repeat(auto-fill,minmax(19rem,1fr));gap:1rem}"
    "figure{margin:0;border:1px solid #d8dee4;border-radius:.4rem;padding:.6rem}figure.bad{border-color:#cf222e}"
    "figcaption{font-weight:600}figcaption small{font-weight:400;color:#57606a;display:block}"
    ".key i{display:inline-block;width:.8rem;height:.8rem;margin:0 .3rem 0 1rem}"
)
BEFORE, NOW = "#9aa7b5", "#d9730d"
MOST_PICTURES = 60


def make_page(report: Mapping[str, Any]) -> str:
    """A heading, what matters in a sentence, the columns as a table, a picture of each, and the rest."""
    parts = [
        f"<!doctype html><html lang=en><meta charset=utf-8><title>{text(report['endpoint'])}</title>",
        f"<style>{STYLE}</style><h1>{text(report['endpoint'])}</h1>",
        f"<p>{text(report['from'])} to {text(report['to'])}; {report['rows']} rows in {report['requests']} requests"
        f"{', compared with the data of run ' + text(report['run']) if report['run'] else ''}.</p>",
        f"<p class='said{' bad' if report['drifted'] else ''}'>{text(report['said'])}</p>",
    ]
    if report["columns"]:
        parts += [columns(report), pictures(report["columns"])]
    if report["quality"]:
        parts.append(quality(report["quality"]))
    parts += [bias(report["bias"])] if report["bias"] else []
    parts += [explain(report["explain"])] if report["explain"] else []
    if report["violations"]:
        rows = [(one["feature_name"], one["constraint_check_type"], one["description"]) for one in report["violations"]]
        parts.append(f"<h2>Violations</h2>{table(('column', 'check', 'what'), rows)}")
    if report["broken"]:
        parts.append(f"<h2>Not read</h2>{table(('lines', 'why'), [(n, why) for why, n in report['broken'].items()])}")
    return "".join(parts) + "\n"


def columns(report: Mapping[str, Any]) -> str:
    names = ("column", report["measure"].upper(), "p", "missing", "missing before", "what changed")
    rows = [
        (
            one["name"],
            one[report["measure"]],
            one["p"],
            f"{one['missing']:.1%}",
            f"{one['missing_before']:.1%}",
            one["words"],
        )
        for one in report["columns"]
    ]
    return f"<h2>Columns</h2>{table(names, rows, [one['drifts'] for one in report['columns']])}"


def quality(found: Mapping[str, Any]) -> str:
    rows = [(name, value) for name, value in found.items() if value is not None]
    return f"<h2>Predictions, by what became known</h2>{table(('what', 'value'), rows)}"


def bias(found: Mapping[str, Any]) -> str:
    differences = found["differences"]
    rows = [
        (
            one["column"],
            one["rate"].replace("_", " "),
            one["before"],
            one["now"],
            ", ".join(f"{group} {share:.1%}" for group, share in one["groups"].items()),
        )
        for one in differences
    ]
    names = ("groups", "rate", "difference at training", "difference now", "each now")
    said = f"{found['rows']} predictions, {found['joined_rows']} of known truth. {found['why']}"
    shown = table(names, rows, [one["drifts"] for one in differences]) if rows else ""
    return f"<h2>Groups</h2><p>{text(said)}</p>{shown}"


def explain(found: Mapping[str, Any]) -> str:
    said = found["why"] or f"nDCG {found['ndcg']:.3f}, by {found['method']}, of {found['rows']} rows."
    rows = [(name, found["before"][name], now) for name, now in found["now"].items()]
    rows.sort(key=lambda row: -row[2])
    shown = table(("column", "at training", "now"), rows) if rows else ""
    return f"<h2>What answers depend on</h2><p>{text(said)}</p>{shown}"


def table(names: Sequence[str], rows: Iterable[Sequence[Any]], bad: Sequence[bool] = ()) -> str:
    head = "".join(f"<th>{text(name)}</th>" for name in names)
    body = ""
    for number, row in enumerate(rows):
        marked = " class=bad" if number < len(bad) and bad[number] else ""
        body += f"<tr{marked}>{''.join(map(cell, row))}</tr>"
    return f"<table><tr>{head}</tr>{body}</table>"


def cell(value: Any) -> str:
    if isinstance(value, float):
        return f"<td class=n>{value:.3g}</td>"
    return f"<td>{text(value)}</td>"


def pictures(columns: Sequence[Mapping[str, Any]]) -> str:
    drawn = "".join(picture(one) for one in columns[:MOST_PICTURES] if one["parts"])
    more = len(columns) - MOST_PICTURES
    rest = f"<p>{more} more columns are in report.json.</p>" if more > 0 else ""
    key = f"<p class=key><i style='background:{BEFORE}'></i>learned from<i style='background:{NOW}'></i>asked now</p>"
    return f"<h2>How often each part comes</h2>{key}<div class=grid>{drawn}</div>{rest}"


WIDTH, HEIGHT = 280, 110


def picture(column: Mapping[str, Any]) -> str:
    """Two bars for each part: its share before, and now."""
    before, now = column["before"], column["now"]
    most = max([*before, *now, 1e-9])
    step = WIDTH / len(before)
    bars = ""
    for number, (old, new) in enumerate(zip(before, now)):  # noqa: B905
        for share, color, at in ((old, BEFORE, 0.1), (new, NOW, 0.5)):
            tall = share / most * HEIGHT
            bars += (
                f"<rect x='{(number + at) * step:.1f}' y='{HEIGHT - tall:.1f}' width='{0.4 * step:.1f}' "
                f"height='{tall:.1f}' fill='{color}'><title>{text(column['parts'][number])}: {share:.1%}</title></rect>"
            )
    said = f"PSI {column['psi']:.3g}, Jensen-Shannon {column['js']:.3g}, {column['test']} p = {column['p']:.2g}"
    return (
        f"<figure{' class=bad' if column['drifts'] else ''}>"
        f"<figcaption>{text(column['name'])}<small>{text(said)}</small></figcaption>"
        f"<svg viewBox='0 0 {WIDTH} {HEIGHT}' role=img width='100%'>{bars}</svg></figure>"
    )


def text(value: Any) -> str:
    return html.escape(str(value))
