"""Compares what an endpoint was asked with what its model learned from, and its answers with what became known later.

``input/window`` holds objects of the lake under their keys, and one that says which: ``window.json``. What comes out is
in the form of SageMaker Model Monitor where that has one (``statistics.json``, ``constraint_violations.json``).
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

import mlops_iac_measures as measures  # type: ignore[import-not-found, unused-ignore]
import mlops_iac_watch_bias as bias  # type: ignore[import-not-found, unused-ignore]
import mlops_iac_watch_explain as explain  # type: ignore[import-not-found, unused-ignore]
from mlops_iac_baseline import describe  # type: ignore[import-not-found, unused-ignore]
from mlops_iac_captured import (  # type: ignore[import-not-found, unused-ignore]
    Captured,
    Truth,
    read_captured,
    read_truth,
)
from mlops_iac_pictures import make_page  # type: ignore[import-not-found, unused-ignore]
from mlops_iac_quality import join, measure_quality  # type: ignore[import-not-found, unused-ignore]
from mlops_iac_tables import PROCESSING, plain, run  # type: ignore[import-not-found, unused-ignore]

DATA = "aws/sagemaker/Endpoints/data-metrics"
QUALITY = "aws/sagemaker/Endpoints/model-metrics"
"""Namespaces of CloudWatch, as Model Monitor's."""
MOST_COLUMNS = 100
"""Columns that have a metric of their own: CloudWatch bills each."""
SHOWN = 5
"""How many things a sentence names."""


def main(asked: argparse.Namespace) -> None:
    place = PROCESSING / "input/window"
    window = json.loads(next(place.rglob("window.json")).read_text("utf-8"))
    look = Look(asked, window, place)
    look.write(PROCESSING / "output/report")
    print(f"monitor: {look.report['said']}")


class Look:
    """One look at a window."""

    def __init__(self, asked: argparse.Namespace, window: Mapping[str, Any], place: Path) -> None:
        self.asked, self.window, self.place = asked, window, place
        self.left_out = {name for name in (asked.label, *asked.ignore.split(",")) if name}
        self.baseline = self.read_baseline()
        captured = self.read_captured()
        since, until = (datetime.fromisoformat(window[name]) for name in ("from", "to"))
        self.recent = [request for request in captured.requests if since < request.time <= until]
        self.frame = self.make_frame()
        self.columns = list(self.compare_columns())
        self.truth = read_truth(place / window["truth"]) if window.get("truth") else None
        self.quality = self.measure_quality(captured)
        self.bias = self.watch_bias(captured)
        self.explain = self.watch_explain()
        self.violations = [*self.find_violations(), *bias.violations(self.bias), *explain.violations(self.explain)]
        self.report = self.make_report(captured)

    def read_baseline(self) -> dict[str, dict[str, Any]]:
        """Column to its statistics and constraints."""
        if "baseline" not in self.window:
            return {}
        folder = self.place / self.window["baseline"]
        found: dict[str, dict[str, Any]] = {}
        for file in ("statistics.json", "constraints.json"):
            for feature in json.loads((folder / file).read_text("utf-8"))["features"]:
                if feature["name"] not in self.left_out:
                    found.setdefault(feature["name"], {}).update(feature)
        return found

    def read_captured(self) -> Captured:
        if "captured" not in self.window:
            return Captured()
        return read_captured(self.place / self.window["captured"], list(self.baseline))

    def make_frame(self) -> Any:
        import pandas  # type: ignore[import-not-found, import-untyped, unused-ignore]

        rows = [row for request in self.recent for row in request.rows]
        frame = pandas.DataFrame(rows)
        return frame.drop(columns=[name for name in frame.columns if name in self.left_out])

    @property
    def is_enough(self) -> bool:
        return len(self.frame) >= self.asked.least_rows

    def compare_columns(self) -> Iterator[dict[str, Any]]:
        """The most different first."""
        found = []
        for name, before in self.baseline.items():
            if name in self.frame and len(self.frame):
                values = self.frame[name]
                difference = measures.compare(before, values.dropna())
                missing = float(values.isna().mean())
                facts = asdict(difference) if difference else {**EMPTY, "p": 1.0}
                drifts = difference is not None and self.is_enough and self.is_drift(facts)
                told = {"missing": missing, "missing_before": 1 - before.get("completeness", 1.0), "drifts": drifts}
                found.append({"name": name, **facts, **told, "words": words_of(before, values) if drifts else ""})
        yield from sorted(found, key=lambda one: (not one["drifts"], -one[self.asked.measure]))

    def is_drift(self, facts: Mapping[str, Any]) -> bool:
        """Far, and more than chance explains."""
        significant = facts["p"] < measures.SIGNIFICANT / len(self.baseline)
        return bool(facts[self.asked.measure] > self.asked.at_most and significant)

    @property
    def drift(self) -> float | None:
        """The greatest measure of a column that chance does not explain; None where too little was asked."""
        if not self.is_enough:
            return None
        bound = measures.SIGNIFICANT / max(len(self.baseline), 1)
        return max((one[self.asked.measure] for one in self.columns if one["p"] < bound), default=0.0)

    def find_violations(self) -> Iterator[dict[str, str]]:
        """https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-interpreting-violations.html"""
        if not len(self.frame):
            return
        for name, before in self.baseline.items():
            if name not in self.frame:
                yield violation(name, "missing_column_check", "No request has this column.")
            else:
                yield from self.violations_of(name, before)
        for name in self.frame.columns:
            if name not in self.baseline:
                yield violation(name, "extra_column_check", "The model did not learn from this column.")
        for one in self.columns:
            if one["drifts"]:
                said = f"{self.asked.measure} is {one[self.asked.measure]:.4g}; it may be {self.asked.at_most:g}."
                yield violation(one["name"], "baseline_drift_check", f"{said} {one['words']}".strip())

    def violations_of(self, name: str, before: Mapping[str, Any]) -> Iterator[dict[str, str]]:
        values = self.frame[name]
        there = values.dropna()
        wanted = before["inferred_type"]
        fits = share_of_type(wanted, there)
        if fits < 1.0:
            said = f"{1 - fits:.1%} of the values are not {wanted}, as all were that the model learned from."
            yield violation(name, "data_type_check", said)
        complete, least = float(values.notna().mean()), before.get("completeness", 0.0)
        if complete < least:
            yield violation(name, "completeness_check", f"{complete:.1%} have a value; it were {least:.1%}.")
        domain = before.get("string_constraints", {}).get("domains")
        if domain:
            strange = Counter(there.astype(str)[~there.astype(str).isin(domain)])
            if strange:
                named = ", ".join(f"`{value}`" for value, _ in strange.most_common(SHOWN))
                said = f"{sum(strange.values())} values were never seen: {named}."
                yield violation(name, "categorical_values_check", said)

    def measure_quality(self, captured: Captured) -> dict[str, Any]:
        """Empty where nobody asked for it, or nothing is known of what was true."""
        if not self.asked.quality or self.truth is None:
            return {}
        return measure_quality(self.asked.quality, captured.requests, self.truth, least_rows=self.asked.least_rows)

    def watch_bias(self, captured: Captured) -> dict[str, Any]:
        """Empty where nobody asked for it, or no model serves."""
        if not self.asked.bias or "bias" not in self.window:
            return {}
        before = json.loads((self.place / self.window["bias"] / "report.json").read_text("utf-8"))["groups"]
        known = join(captured.requests, self.truth or Truth())
        return bias.watch_bias(
            json.loads(self.asked.bias), before, self.recent, known, least_rows=self.asked.least_rows
        )

    def watch_explain(self) -> dict[str, Any]:
        """Empty where nobody asked for it, or no model serves."""
        if not self.asked.explain or "explain" not in self.window:
            return {}
        before = json.loads((self.place / self.window["explain"] / "attribution.json").read_text("utf-8"))
        archive = self.place / self.window["model"] if self.window.get("model") else None
        asked, least = json.loads(self.asked.explain), self.asked.least_rows
        return explain.watch_explain(asked, before, archive, self.frame, least_rows=least)

    def make_report(self, captured: Captured) -> dict[str, Any]:
        drifted = [one["name"] for one in self.columns if one["drifts"]]
        return {
            "endpoint": self.window["endpoint"],
            "run": self.window.get("run", ""),
            "from": self.window["from"],
            "to": self.window["to"],
            "requests": len(self.recent),
            "rows": len(self.frame),
            "broken": dict(captured.broken),
            "measure": self.asked.measure,
            "at_most": self.asked.at_most,
            "drift": self.drift,
            "drifted": drifted,
            "said": self.say(drifted),
            "columns": self.columns,
            "violations": self.violations,
            "quality": self.quality,
            "bias": self.bias,
            "explain": self.explain,
        }

    def say(self, drifted: Sequence[str]) -> str:
        if "empty" in self.window:
            return f"Nothing to compare: {self.window['empty']}."
        if not len(self.frame):
            return "Nothing to compare: nobody asked in this window."
        if not self.is_enough:
            return f"Too little to compare: {len(self.frame)} rows, and {self.asked.least_rows} are needed."
        if not drifted:
            return f"Nothing drifts: {len(self.columns)} columns are as they were."
        named = ", ".join(drifted[:SHOWN]) + (f" and {len(drifted) - SHOWN} more" if len(drifted) > SHOWN else "")
        verb = "drifts" if len(drifted) == 1 else "drift"
        return f"{len(drifted)} of {len(self.columns)} columns {verb}: {named}."

    def write(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        figures = {
            "rows": len(self.frame),
            "violations": len(self.violations),
            "broken": sum(self.report["broken"].values()),
        }
        figures |= {} if self.drift is None else {"drift": self.drift, "drifted_columns": len(self.report["drifted"])}
        good = self.quality.get("value")
        quality = {} if good is None else {self.quality["metric"]: good}
        found = {DATA: figures, QUALITY: quality, bias.NAMESPACE: bias.figures(self.bias)}
        found[explain.NAMESPACE] = explain.figures(self.explain)
        statistics = {
            "version": 0.0,
            "dataset": {"item_count": len(self.frame)},
            "features": [describe(name, self.frame[name]) for name in self.frame.columns],
        }
        documents = {
            "report.json": self.report,
            "evaluation.json": {"metrics": {name: value for one in found.values() for name, value in one.items()}},
            "statistics.json": statistics,
            "constraint_violations.json": {"violations": self.violations},
            "metrics.json": self.metrics(found),
        }
        for name, document in documents.items():
            (folder / name).write_text(json.dumps(plain(document), indent=1, allow_nan=False) + "\n", "utf-8")
        (folder / "report.html").write_text(make_page(self.report), "utf-8")

    def metrics(self, found: Mapping[str, Mapping[str, float]]) -> dict[str, list[dict[str, Any]]]:
        """CloudWatch's MetricData by namespace. A window that says nothing about drift has no metric of it."""
        more: dict[str, dict[str, float]] = {}
        if self.is_enough:
            drifts = {f"feature_baseline_drift_{one['name']}": one[self.asked.measure] for one in self.columns}
            more[DATA] = dict(islice(drifts.items(), MOST_COLUMNS))
        if found[QUALITY]:
            more[QUALITY] = {"joined_rows": self.quality["rows"]}
        place = [{"Name": "Endpoint", "Value": self.window["endpoint"]}]
        return {
            namespace: [
                {"MetricName": ascii_name(name), "Value": float(value), "Unit": "None", "Dimensions": place}
                for name, value in {**told, **more.get(namespace, {})}.items()
            ]
            for namespace, told in found.items()
            if told
        }


EMPTY = {"psi": 0.0, "js": 0.0, "test": "", "statistic": 0.0, "parts": [], "before": [], "now": []}
"""A column of which one side holds nothing."""


def violation(name: str, check: str, said: str) -> dict[str, str]:
    return {"feature_name": name, "constraint_check_type": check, "description": said}


def ascii_name(name: str) -> str:
    """A metric's name: ASCII, 255 characters."""
    return name.encode("ascii", "replace").decode()[:255]


def share_of_type(wanted: str, there: Any) -> float:
    """Which part of the values is of a type. A whole number is also a fraction."""
    import pandas  # type: ignore[import-not-found, import-untyped, unused-ignore]

    if not len(there) or wanted in ("Unknown", "String"):
        return 1.0
    numbers = pandas.to_numeric(there, errors="coerce")
    fits = numbers.notna() if wanted == "Fractional" else numbers.notna() & (numbers % 1 == 0)
    return float(fits.mean())


def words_of(before: Mapping[str, Any], values: Any) -> str:
    """What changed, in a few words: the mean, or the values whose shares moved most."""
    import pandas  # type: ignore[import-not-found, import-untyped, unused-ignore]

    numeric = before.get("numerical_statistics")
    if numeric:
        now = pandas.to_numeric(values, errors="coerce").dropna()
        spread = numeric["std_dev"] or 1.0
        return (
            f"mean {numeric['mean']:.4g} → {now.mean():.4g} ({(now.mean() - numeric['mean']) / spread:+.1f} deviations)"
        )
    found = before["string_statistics"]
    count = found["common"]["num_present"] or 1
    old = {str(one["value"]): one["count"] / count for one in found["distribution"]["categorical"]["buckets"]}
    new = values.dropna().astype(str).value_counts(normalize=True).to_dict()
    moved = sorted({*old, *new}, key=lambda name: -abs(new.get(name, 0.0) - old.get(name, 0.0)))
    return ", ".join(f"`{name}` {old.get(name, 0.0):.0%} → {new.get(name, 0.0):.0%}" for name in moved[:3])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="mlops_iac_monitor")
    parser.add_argument("--label", default="")
    parser.add_argument("--ignore", default="")
    parser.add_argument("--measure", choices=("psi", "js"), default="psi")
    parser.add_argument("--at-most", type=float, default=0.2)
    parser.add_argument("--least-rows", type=int, default=100)
    parser.add_argument("--quality", default="")
    parser.add_argument("--bias", default="")
    parser.add_argument("--explain", default="")
    run(main, parser)
