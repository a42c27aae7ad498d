"""How much each column moves a model's answers: Shapley values, by shap where it is installed, else sampled.

A column's value for a row is what the answer changes when the row's own value takes the place of one of the background,
on average over orders in which the columns do so: E. Strumbelj and I. Kononenko, Knowledge and Information Systems 41,
2014, https://doi.org/10.1007/s10115-013-0679-x. A column's importance is the mean of their sizes. No label is needed.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

from mlops_iac_tables import Unusable, plain  # type: ignore[import-not-found, unused-ignore]

FILE = "attribution.json"
"""What a later look compares with: importance, how it was measured, background, and where the model lies."""
BACKGROUND = 100
"""Rows that a row is compared with."""
ORDERS = 5
"""Orders of the columns that are gone through, each forwards and backwards."""
MOST_CELLS = 2_000_000
"""Values that the model is given in one call."""
BY_SHAP, SAMPLED = "SHAP", "sampled Shapley values (shap is not in requirements.txt)"


def choose_background(features: Any) -> Any:
    return features.sample(min(BACKGROUND, len(features)), random_state=0)


def importance(model: Any, features: Any, background: Any) -> tuple[dict[str, float], str]:
    """Each column's, and how it was measured. Raises Unusable for a model whose answers are no numbers."""
    import numpy  # type: ignore[import-not-found, unused-ignore]

    answer = getattr(model, "predict_proba", model.predict)
    try:
        import shap  # type: ignore[import-not-found, unused-ignore]
    except ImportError:
        values, method = sample_values(answer, features, background), SAMPLED
    else:
        values, method = numpy.abs(shap.Explainer(answer, background)(features).values), BY_SHAP
    while values.ndim > 2:  # a value for each class
        values = values.mean(axis=-1)
    return {str(name): float(value) for name, value in zip(features.columns, values.mean(axis=0))}, method  # noqa: B905


def sample_values(answer: Any, features: Any, background: Any) -> Any:
    """The size of each value, by row, column and class."""
    import numpy  # type: ignore[import-not-found, unused-ignore]

    chance, count = numpy.random.default_rng(0), len(features.columns)
    values: Any = 0
    for order in [chance.permutation(count) for _ in range(ORDERS)]:
        others = background.sample(len(features), replace=True, random_state=int(chance.integers(2**31)))
        start = others.set_axis(features.index)
        values = values + walk(answer, features, start, order)
        values = values + walk(answer, features, start, order[::-1])
    return numpy.abs(values / (2 * ORDERS))


def walk(answer: Any, features: Any, start: Any, order: Any) -> Any:
    """What each column's own value changes, when they take their place in this order."""
    import numpy  # type: ignore[import-not-found, unused-ignore]

    answers = numpy.stack([*ask(answer, steps(features, start, order), MOST_CELLS // max(features.size, 1))])
    changes = numpy.empty((len(features), len(order), answers.shape[2]))
    changes[:, order] = numpy.diff(answers, axis=0).swapaxes(0, 1)
    return changes


def steps(features: Any, start: Any, order: Any) -> Iterator[Any]:
    """The rows of the background, and then with one column more of the rows' own each."""
    mixed = start.copy()
    yield mixed.copy()
    for place in order:
        name = features.columns[place]
        mixed[name] = features[name]
        yield mixed.copy()


def ask(answer: Any, frames: Iterator[Any], at_once: int) -> Iterator[Any]:
    """The answers of each frame, of several at once: a call costs more than its rows."""
    import numpy  # type: ignore[import-not-found, unused-ignore]
    import pandas  # type: ignore[import-not-found, import-untyped, unused-ignore]

    while some := list(islice(frames, max(at_once, 1))):
        yield from numpy.split(numbers(answer(pandas.concat(some, ignore_index=True))), len(some))


def numbers(answers: Any) -> Any:
    """Of each row, the probability of each class, or what was predicted."""
    import numpy  # type: ignore[import-not-found, unused-ignore]

    try:
        found = numpy.asarray(answers, dtype=float)
    except (TypeError, ValueError):
        raise Unusable("the model's `predict` answers no numbers, and it has no `predict_proba`") from None
    return found.reshape(len(found), -1)


def keep(folder: Path, measured: Mapping[str, float], method: str, background: Any) -> None:
    """For a later look at what the model is asked."""
    kept = {
        "method": method,
        "importance": measured,
        "background": background.to_dict("records"),
        "model": find_model(Path("/opt/ml/config/processingjobconfig.json")),
    }
    (folder / FILE).write_text(json.dumps(plain(kept), indent=1, allow_nan=False) + "\n", "utf-8")


def find_model(configuration: Path) -> str:
    """The URI of this job's input ``model``; empty where the job is not one of SageMaker's.

    https://docs.aws.amazon.com/sagemaker/latest/dg/build-your-own-processing-container.html
    """
    inputs = json.loads(configuration.read_text("utf-8")).get("ProcessingInputs", ()) if configuration.is_file() else ()
    return next((one["S3Input"]["S3Uri"] for one in inputs if one["InputName"] == "model"), "")


def ndcg(before: Mapping[str, float], now: Mapping[str, float]) -> float:
    """How much of the old order of columns is left, 0 to 1: a column counts as much as it did, the less the later it
    comes now. https://docs.aws.amazon.com/sagemaker/latest/dg/clarify-model-monitor-feature-attribution-drift.html"""

    def gain(order: list[str]) -> float:
        return sum(before[name] / math.log2(place + 2) for place, name in enumerate(order))

    best = gain(sorted(before, key=lambda name: -before[name]))
    return gain(sorted(before, key=lambda name: -now.get(name, 0.0))) / best if best else 1.0
