from __future__ import annotations

import json
import pickle
from pathlib import Path
from typing import Any

import pytest

from mlops_iac.runs.launcher.default_inference import Rows, input_fn, model_fn, output_fn, predict_fn


class Model:
    """Answers the first column, and says that it learned two named columns."""

    feature_names_in_ = ("a", "b")
    classes_ = (0, 1)

    def predict(self, data: Any) -> list[Any]:
        return [row[0] for row in plain(data)]

    def predict_proba(self, data: Any) -> list[list[float]]:
        return [[0.25, 0.75] for _ in plain(data)]


class Nameless:
    n_features_in_ = 2

    def predict(self, data: Any) -> list[Any]:
        return [sum(row) for row in data]


def plain(data: Any) -> list[list[Any]]:
    return data.values.tolist() if hasattr(data, "values") else data


def ask(model: Any, body: str, kind: str = "application/json") -> Any:
    return json.loads(output_fn(predict_fn(input_fn(body.encode(), kind), model), "application/json")[0])


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ('{"instances": [{"b": 2, "a": 1}]}', "application/json"),
        ('{"instances": [[1, 2]]}', "application/json; charset=utf-8"),
        ("[[1, 2]]", "application/json"),
        ("[1, 2]", "application/json"),
        ("1,2\n", "text/csv"),
        ("b,a\n2,1\n", "text/csv"),
        ('{"instances": [{"b": 2, "a": 1, "unused": 9}]}', "application/json"),
    ],
)
def test_every_form_of_a_row_reaches_the_model_in_its_own_order(body: str, kind: str) -> None:
    assert ask(Model(), body, kind) == {"predictions": [1], "probabilities": [[0.25, 0.75]], "classes": [0, 1]}


def test_a_model_without_names_or_probabilities_is_served_too() -> None:
    assert ask(Nameless(), "[[1, 2], [3, 4]]") == {"predictions": [3, 7]}


@pytest.mark.parametrize(
    ("body", "kind", "message"),
    [
        ('{"instances": [{"a": 1}]}', "application/json", "lacks columns that the model needs: b"),
        ('{"instances": [{"a": 1, "b": 2}, {"a": 1}]}', "application/json", "row 2 has other columns than row 1: b"),
        ("[[1, 2, 3]]", "application/json", "takes 2 columns, the request has 3"),
        ("[[1, 2], [1]]", "application/json", "row 2 has 1 values and row 1 has 2"),
        ('{"rows": []}', "application/json", "expected"),
        ('[[1, 2], {"a": 1}]', "application/json", "all be lists"),
        ("a,b\n", "text/csv", "header and no rows"),
        ("", "text/csv", "empty"),
        ("<a/>", "application/xml", "may be application/json or text/csv"),
    ],
)
def test_a_wrong_request_is_refused_in_words(body: str, kind: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        ask(Model(), body, kind)


def test_numbers_text_and_gaps_of_csv_keep_their_kind() -> None:
    assert input_fn("x,1.5,\n", "text/csv") == Rows([["x", 1.5, None]])


def test_csv_answers_have_one_line_per_row() -> None:
    answer = predict_fn(Rows([[1, 2], [3, 4]]), Model())
    assert output_fn(answer, "text/csv") == ("1,0.25,0.75\n3,0.25,0.75\n", "text/csv")
    assert output_fn(answer, "*/*")[1] == "application/json"
    with pytest.raises(ValueError, match="not offered"):
        output_fn(answer, "image/png")


def test_a_pickled_model_is_found_and_model_wins_among_several(tmp_path: Path) -> None:
    (tmp_path / "model.pkl").write_bytes(pickle.dumps({"chosen": True}))
    (tmp_path / "encoder.pkl").write_bytes(pickle.dumps({}))
    assert model_fn(str(tmp_path)) == {"chosen": True}


@pytest.mark.parametrize("names", [[], ["a.pkl", "b.pkl"], ["notes.txt"]])
def test_a_folder_without_one_model_is_refused_with_what_it_holds(tmp_path: Path, names: list[str]) -> None:
    for name in names:
        (tmp_path / name).write_bytes(b"x")
    with pytest.raises(RuntimeError, match=names[0] if names else "found: nothing"):
        model_fn(str(tmp_path))


def test_an_onnx_model_without_its_runtime_says_what_to_add(tmp_path: Path) -> None:
    (tmp_path / "model.onnx").write_bytes(b"x")
    with pytest.raises(RuntimeError, match=r"onnxruntime: add it to requirements\.txt"):
        model_fn(str(tmp_path))


NAMED_BY_NUMBERS = type("Numbered", (Model,), {"feature_names_in_": ("0", "1"), "__module__": __name__})


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("\ufeff1,2\n", "text/csv"),
        ("\ufeffa,b\n1,2\n", "text/csv"),
        ("\ufeff[[1, 2]]", "application/json"),
        ("b,a\n2,1\n", "text/csv; header=present"),
        ("1,2\n", "text/csv;header=absent"),
    ],
)
def test_a_byte_order_mark_and_a_said_header_are_understood(body: str, kind: str) -> None:
    assert ask(Model(), body, kind)["predictions"] == [1]


def test_a_header_of_numbers_is_the_columns_names_when_it_is_exactly_them() -> None:
    assert ask(NAMED_BY_NUMBERS(), "0,1\n7,8\n", "text/csv")["predictions"] == [7]
    assert ask(NAMED_BY_NUMBERS(), "0,1\n", "text/csv")["predictions"] == [0], "one row alone is data"
    assert ask(NAMED_BY_NUMBERS(), "0,1\n7,8\n", "text/csv; header=absent")["predictions"] == [0, 7]
    assert ask(NAMED_BY_NUMBERS(), "1,0\n8,7\n", "text/csv; header=present")["predictions"] == [7]


def test_a_header_that_is_neither_is_refused() -> None:
    with pytest.raises(ValueError, match="header=maybe is not known"):
        input_fn(b"1,2", "text/csv; header=maybe")


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_what_is_no_number_becomes_null_because_json_has_no_word_for_it(value: float) -> None:
    class Odd(Nameless):
        def predict(self, data: Any) -> list[Any]:
            return [value, 1.0]

    assert ask(Odd(), "[[1, 2]]") == {"predictions": [None, 1.0]}
