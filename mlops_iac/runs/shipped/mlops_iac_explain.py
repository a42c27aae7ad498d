"""What a model's answers depend on: Shapley values, by shap where it is installed, else sampled."""

from __future__ import annotations

import argparse

import mlops_iac_attribution as attribution  # type: ignore[import-not-found, unused-ignore]
from mlops_iac_tables import (  # type: ignore[import-not-found, unused-ignore]
    PROCESSING,
    check_columns,
    features_of,
    load_model,
    make_page,
    read_table,
    run,
    write_report,
)


def main(asked: argparse.Namespace) -> None:
    frame = read_table(PROCESSING / "input/data")
    check_columns(frame, [asked.label])
    if len(frame) > asked.rows:
        frame = frame.sample(asked.rows, random_state=0)
    model = load_model(PROCESSING / "input/model")
    features = features_of(model, frame, [asked.label])
    background = attribution.choose_background(features)
    found, method = attribution.importance(model, features, background)
    total = sum(found.values())
    shares = {name: value / total if total else 0.0 for name, value in found.items()}
    ordered = sorted(found, key=lambda name: -found[name])
    metrics = {"top_share": max(shares.values()), "features": len(found)}
    report = {"method": method, "rows": len(frame), "importance": {n: found[n] for n in ordered}, "share": shares}
    rows = [(name, found[name], shares[name]) for name in ordered]
    page = make_page("What the model depends on", f"{len(frame)} rows, by {method}.",
                     [("Features", ("feature", "importance", "share"), rows)])  # fmt: skip
    evaluation = {"metrics": metrics, "importance": found, "share": shares}
    write_report(PROCESSING / "output/report", report, evaluation, page)
    attribution.keep(PROCESSING / "output/report", found, method, background)
    print(f"explain: by {method}; first {', '.join(ordered[:3])}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="mlops_iac_explain")
    parser.add_argument("--label", required=True)
    parser.add_argument("--rows", type=int, default=1000)
    run(main, parser)
