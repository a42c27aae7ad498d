"""The shipped scripts, run as a job runs them: in the framework's environment, over real files."""

from __future__ import annotations

import json
import random
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mlops_iac.cloud.jobs.environments import framework_environment
from mlops_iac.core.frameworks import get_framework
from mlops_iac.runs import shipped

pytestmark = pytest.mark.slow

SCRIPTS = Path(shipped.__file__).parent
START = (
    "import sys, runpy, pathlib; sys.path[:0] = {paths}; import mlops_iac_tables as t; "
    "t.PROCESSING = pathlib.Path({place!r}); sys.argv = {argv}; runpy.run_path({script!r}, run_name='__main__')"
)

PEOPLE = "id,age,country,sex,said,ill\n1,20,DE,f,0,0\n2,30,DE,m,1,1\n3,40,FR,f,1,0\n4,50,FR,m,0,1\n5,,FR,f,1,1\n"

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def environment() -> Any:
    return framework_environment(get_framework("sklearn", "1.4-2"))


@pytest.fixture
def run(environment: Any, tmp_path: Path) -> Run:
    data = tmp_path / "input/data"
    data.mkdir(parents=True)
    (data / "people.csv").write_text(PEOPLE)

    def run(script: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        paths = [str(SCRIPTS), *map(str, environment.folders), str(tmp_path / "code")]
        argv = [script, *arguments]
        text = START.format(paths=paths, place=str(tmp_path), argv=argv, script=str(SCRIPTS / script))
        return subprocess.run([environment.python, "-c", text], capture_output=True, text=True, check=False)

    return run


def read(tmp_path: Path, name: str) -> Any:
    return json.loads((tmp_path / "output" / name).read_text())


def test_a_baseline_has_the_form_of_model_monitor(run: Run, tmp_path: Path) -> None:
    done = run("mlops_iac_baseline.py", "--ignore", "id")
    assert done.returncode == 0, done.stderr
    statistics = read(tmp_path, "baseline/statistics.json")
    assert statistics["dataset"] == {"item_count": 5}
    by_name = {feature["name"]: feature for feature in statistics["features"]}
    assert [*by_name] == ["age", "country", "sex", "said", "ill"]
    age = by_name["age"]["numerical_statistics"]
    assert age["common"] == {"num_present": 4, "num_missing": 1}
    assert (age["mean"], age["min"], age["max"]) == (35.0, 20.0, 50.0)
    assert sum(bucket["count"] for bucket in age["distribution"]["kll"]["buckets"]) == 4
    assert age["distribution"]["kll"]["sketch"]["data"] == [[20.0, 30.0, 40.0, 50.0]]
    country = by_name["country"]["string_statistics"]
    assert country["distribution"]["categorical"]["buckets"] == [
        {"value": "FR", "count": 3},
        {"value": "DE", "count": 2},
    ]
    constraints = {one["name"]: one for one in read(tmp_path, "baseline/constraints.json")["features"]}
    assert constraints["age"]["completeness"] == 0.8
    assert constraints["country"]["string_constraints"] == {"domains": ["DE", "FR"]}


def test_rates_by_group_are_those_that_one_counts_by_hand(run: Run, tmp_path: Path) -> None:
    done = run("mlops_iac_bias.py", "--label", "ill", "--groups", "country,sex", "--prediction", "said")
    assert done.returncode == 0, done.stderr
    found = read(tmp_path, "report/evaluation.json")
    assert found["by_country"]["DE"] == {
        "rows": 2, "positives": 1, "negatives": 1,
        "selection_rate": 0.5, "true_positive_rate": 1.0, "false_positive_rate": 0.0,
    }  # fmt: skip
    assert found["by_country"]["FR"]["selection_rate"] == pytest.approx(2 / 3)
    assert found["by_country"]["FR"]["true_positive_rate"] == 0.5
    # The worst of both columns: of the men half are chosen, of the women two of three.
    assert found["metrics"]["demographic_parity_difference"] == pytest.approx(1 / 6)
    assert found["metrics"]["equalized_odds_difference"] == 1.0
    page = (tmp_path / "output/report/report.html").read_text()
    assert "<h2>country</h2>" in page
    assert "<script" not in page


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--groups", "region", "--label", "ill", "--prediction", "said"), "has no column region; it has: id, age"),
        (("--groups", "sex", "--label", "sick", "--prediction", "said"), "has no column sick"),
        (("--groups", "sex", "--label", "ill", "--prediction", "said", "--positive", "yes"), "say another `positive`"),
    ],
)
def test_what_the_data_lacks_ends_it_in_one_line(run: Run, arguments: tuple[str, ...], said: str) -> None:
    done = run("mlops_iac_bias.py", *arguments)
    assert done.returncode == 1
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_a_folder_without_tables_is_told(run: Run, tmp_path: Path) -> None:
    (tmp_path / "input/data/people.csv").rename(tmp_path / "input/data/people.txt")
    assert "there is no table" in run("mlops_iac_baseline.py").stderr


FIT = """
import joblib, pandas, pathlib, sys, tarfile
from sklearn.linear_model import LogisticRegression
place = pathlib.Path(sys.argv[1])
rows = pandas.DataFrame({"age": range(60), "noise": [0, 1] * 30, "ill": [0] * 30 + [1] * 30})
rows.to_csv(place / "input/data/people.csv", index=False)
joblib.dump(LogisticRegression().fit(rows[["age", "noise"]], rows["ill"]), place / "model.joblib")
(place / "input/model").mkdir()
with tarfile.open(place / "input/model/model.tar.gz", "w:gz") as archive:
    archive.add(place / "model.joblib", "model.joblib")
"""
SERVE = """
import joblib, pathlib
def model_fn(folder):
    return joblib.load(pathlib.Path(folder, "model.joblib"))
"""


def fit_model(environment: Any, tmp_path: Path, serve: str = SERVE) -> None:
    (tmp_path / "code").mkdir()
    (tmp_path / "code/inference.py").write_text(serve)
    fit = f"import sys; sys.path[:0] = {[*map(str, environment.folders)]}\n{FIT}"
    subprocess.run([environment.python, "-c", fit, str(tmp_path)], check=True)


def test_a_models_columns_are_ranked_by_what_it_loses_without_them(run: Run, environment: Any, tmp_path: Path) -> None:
    fit_model(environment, tmp_path)
    done = run("mlops_iac_explain.py", "--label", "ill")
    assert done.returncode == 0, done.stderr
    report = read(tmp_path, "report/report.json")
    assert "sampled Shapley values" in report["method"]
    assert next(iter(report["importance"])) == "age"
    kept = read(tmp_path, "report/attribution.json")
    assert (kept["importance"], len(kept["background"]), kept["model"]) == (report["importance"], 60, "")
    assert read(tmp_path, "report/evaluation.json")["metrics"]["features"] == 2


def test_a_model_that_cannot_be_asked_is_told(run: Run, environment: Any, tmp_path: Path) -> None:
    fit_model(environment, tmp_path, "def model_fn(folder):\n    return 2\n")
    assert "a int, has no `predict`" in run("mlops_iac_explain.py", "--label", "ill").stderr


def asked(tmp_path: Path, learned: str, serving: str) -> None:
    for name, text in (("train", learned), ("serving", serving)):
        (tmp_path / "input" / name).mkdir(parents=True, exist_ok=True)
        (tmp_path / "input" / name / "rows.csv").write_text(text)


EQUAL = "a,b,sum\n" + "".join(f"{n % 10},{n % 10},{2 * (n % 10)}\n" for n in range(200))
ASKED = "a,b\n" + "".join(f"{n % 10},{n // 10 % 10}\n" for n in range(200))


def test_skew_is_seen_in_a_difference_where_each_column_looks_right(run: Run, tmp_path: Path) -> None:
    asked(tmp_path, EQUAL, ASKED)
    done = run("mlops_iac_skew.py", "--differences", '{"a_minus_b": ["a", "b"]}')
    assert done.returncode == 0, done.stderr
    found = read(tmp_path, "report/evaluation.json")
    assert [*found["columns"]] == ["a", "b", "a_minus_b"]
    assert found["columns"]["a"]["distance"] == found["columns"]["b"]["distance"] == 0
    assert found["metrics"]["skew"] == found["columns"]["a_minus_b"]["distance"] == pytest.approx(0.45)
    assert "a_minus_b" in (tmp_path / "output/report/report.html").read_text()


def test_skew_of_texts_and_of_what_is_missing(run: Run, tmp_path: Path) -> None:
    asked(tmp_path, "country,age\nDE,1\nDE,2\nFR,3\nFR,4\n", "country,age\nFR,1\nFR,\nFR,\nES,4\n")
    done = run("mlops_iac_skew.py", "--ignore", '["id"]')
    assert done.returncode == 0, done.stderr
    found = read(tmp_path, "report/report.json")["columns"]
    assert found["country"]["distance"] == pytest.approx(0.5)
    assert found["country"]["by"] == "total variation"
    assert found["age"]["missing"] == found["age"]["distance"] == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("learned", "serving", "arguments", "told"),
    [
        ("a\n1\n", "b\n1\n", (), "no column in common"),
        ("a,b\n1,x\n", "a,b\n1,y\n", ("--differences", '{"d": ["a", "b"]}'), "column b holds no numbers"),
        ("a\n1\n", "a\n1\n", ("--differences", '{"d": ["a", "c"]}'), "has no column c"),
        ("a\n", "a\n1\n", (), "no rows"),
    ],
)
def test_data_that_cannot_be_compared_ends_in_one_line(
    run: Run, tmp_path: Path, learned: str, serving: str, arguments: tuple[str, ...], told: str
) -> None:
    asked(tmp_path, learned, serving)
    done = run("mlops_iac_skew.py", *arguments)
    assert done.returncode == 1
    assert told in done.stderr
    assert "Traceback" not in done.stderr


# The monitor ---------------------------------------------------------------------------------------------------------

COLUMNS = ("age", "country")


def people(count: int, *, older: float = 0, german: float = 0.5, seed: int = 1) -> list[tuple[float | None, str]]:
    chance = random.Random(seed)
    return [(chance.gauss(40 + older, 10), "DE" if chance.random() < german else "FR") for _ in range(count)]


def line(rows: Any, id: str = "", answer: Any = None, at: str = "2026-11-29T12:00:00Z") -> str:
    asked = {"data": json.dumps({"instances": rows}), "encoding": "JSON", "observedContentType": "application/json"}
    said = {"data": json.dumps(answer), "encoding": "JSON", "observedContentType": "application/json"}
    about = {"eventId": "event", "inferenceTime": at, **({"inferenceId": id} if id else {})}
    return json.dumps({"captureData": {"endpointInput": asked, "endpointOutput": said}, "eventMetadata": about})


@pytest.fixture
def look(run: Run, tmp_path: Path) -> Callable[..., Any]:
    """The report of a look at lines, by a baseline of 400 people."""
    learned = "".join(f"{age},{country},0\n" for age, country in people(400))
    (tmp_path / "input/data/people.csv").write_text(f"age,country,ill\n{learned}")
    assert run("mlops_iac_baseline.py", "--ignore", "ill").returncode == 0
    window = tmp_path / "input/window"
    (window / "models").mkdir(parents=True)
    (tmp_path / "output/baseline").rename(window / "models/baseline")
    captured, truth = window / "captured/main/2026/11/29/12", window / "truth"
    captured.mkdir(parents=True)
    truth.mkdir()
    facts = {"endpoint": "sample", "run": "r", "baseline": "models/baseline", "captured": "captured", "truth": "truth"}
    span = {"from": "2026-11-28T18:00:00+00:00", "to": "2026-11-29T18:00:00+00:00"}
    (window / "window.json").write_text(json.dumps({**facts, **span}))

    def look(*lines: str, known: str = "", asked: tuple[str, ...] = ()) -> Any:
        (captured / "some.jsonl").write_text("\n".join(lines))
        (truth / "known.csv").write_text(known)
        done = run("mlops_iac_monitor.py", "--label", "ill", *asked)
        assert done.returncode == 0, done.stderr
        return read(tmp_path, "report/report.json")

    return look


def test_people_like_those_of_the_training_do_not_drift(look: Callable[..., Any], tmp_path: Path) -> None:
    for seed in range(2, 6):
        found = look(line([list(one) for one in people(120, seed=seed)]))
        assert (found["rows"], found["drifted"], found["violations"]) == (120, [], [])
    told = read(tmp_path, "report/metrics.json")["aws/sagemaker/Endpoints/data-metrics"]
    assert {one["MetricName"] for one in told} == {
        "rows", "violations", "broken", "drift", "drifted_columns",
        "feature_baseline_drift_age", "feature_baseline_drift_country",
    }  # fmt: skip
    assert "<svg" in (tmp_path / "output/report/report.html").read_text()


def test_other_people_drift_and_it_says_how(look: Callable[..., Any], tmp_path: Path) -> None:
    found = look(line([dict(zip(COLUMNS, one, strict=True)) for one in people(120, older=15, german=0.1)]))
    assert found["drifted"] == ["age", "country"]
    age, country = found["columns"]
    assert "deviations" in age["words"]
    assert "`DE`" in country["words"]
    checks = [one["constraint_check_type"] for one in read(tmp_path, "report/constraint_violations.json")["violations"]]
    assert checks == ["baseline_drift_check"] * 2


def test_few_people_say_nothing(look: Callable[..., Any], tmp_path: Path) -> None:
    found = look(line([list(one) for one in people(20, older=30)]))
    assert (found["drift"], found["drifted"]) == (None, [])
    assert found["said"] == "Too little to compare: 20 rows, and 100 are needed."
    told = read(tmp_path, "report/metrics.json")["aws/sagemaker/Endpoints/data-metrics"]
    assert "drift" not in {one["MetricName"] for one in told}


def test_nobody_asked(look: Callable[..., Any]) -> None:
    late = line([[40, "DE"]], at="2026-11-30T12:00:00Z")
    assert look(late)["said"] == "Nothing to compare: nobody asked in this window."


def test_broken_lines_are_counted_by_their_reason(look: Callable[..., Any]) -> None:
    good = line([list(one) for one in people(120)])
    found = look(good, "{not json", "{}", line([[1]]), line("text"))
    assert found["rows"] == 120
    assert found["broken"] == {
        "is no JSON": 1,
        "lacks 'eventMetadata'": 1,
        "has rows of another length than 2 columns": 1,
        "holds no rows": 1,
    }


def test_violations_are_those_of_model_monitor(look: Callable[..., Any]) -> None:
    rows = [{"age": "old" if number < 30 else age, "shoes": 42} for number, (age, _) in enumerate(people(120))]
    checks = {(one["feature_name"], one["constraint_check_type"]) for one in look(line(rows))["violations"]}
    assert {("age", "data_type_check"), ("country", "missing_column_check"), ("shoes", "extra_column_check")} <= checks


def test_what_became_known_is_joined_by_id(look: Callable[..., Any]) -> None:
    rows = [list(one) for one in people(150)]
    said = {"predictions": [number % 2 for number in range(150)]}
    known = "".join(f"mine,{number % 2 if number >= 15 else 1 - number % 2}\n" for number in range(150))
    table = f"inference_id,label\n{known}nobody,1\ntwice,1\n,1\n"
    twice = [line([[40, "DE"]], "twice", {"predictions": [1]})] * 2
    found = look(line(rows, "mine", said), *twice, known=table, asked=("--quality", "accuracy"))["quality"]
    assert (found["value"], found["rows"]) == (0.9, 150)
    assert (found["unknown_ids"], found["ids_twice"], found["broken"]) == (1, 1, 1)


BIAS = {"groups": ["country"], "positive": "1", "at_most": 0.1}
LEARNED = {"rows": 200, "positives": 100, "negatives": 100, "true_positive_rate": 0.5, "false_positive_rate": 0.5}
GROUPS = {"country": {"DE": {**LEARNED, "selection_rate": 0.4}, "FR": {**LEARNED, "selection_rate": 0.5}}}
"""At the training the model said 1 of 40 % of the Germans and of half of the French."""


@pytest.fixture
def compared(look: Callable[..., Any], tmp_path: Path) -> Callable[..., Any]:
    """What a look finds of groups, by what is said of each person."""
    window = tmp_path / "input/window"
    (window / "models/bias").mkdir()
    (window / "models/bias/report.json").write_text(json.dumps({"groups": GROUPS}))
    facts = json.loads((window / "window.json").read_text())
    (window / "window.json").write_text(json.dumps({**facts, "bias": "models/bias"}))

    def compared(said: Callable[[int, str], int], known: str = "", count: int = 400) -> Any:
        rows = [list(one) for one in people(count, seed=3)]
        answer = {"predictions": [said(number, str(row[1])) for number, row in enumerate(rows)]}
        truth = f"inference_id,label\n{known}" if known else ""
        return look(line(rows, "mine", answer), known=truth, asked=("--bias", json.dumps(BIAS)))["bias"]

    return compared


@pytest.mark.parametrize(
    ("said", "drifts"),
    [
        pytest.param(lambda number, country: number % 2, False, id="both-alike"),
        pytest.param(lambda number, country: int(number % 10 < (4 if country == "DE" else 5)), False, id="as-before"),
        pytest.param(lambda number, country: int(number % 10 < (2 if country == "DE" else 8)), True, id="much-less"),
    ],
)
def test_groups_that_are_treated_less_alike_than_at_the_training_are_seen(
    compared: Callable[..., Any], tmp_path: Path, said: Callable[[int, str], int], drifts: bool
) -> None:
    found = compared(said)
    assert [(one["rate"], one["drifts"]) for one in found["differences"]] == [("selection_rate", drifts)]
    told = read(tmp_path, "report/metrics.json")["aws/sagemaker/Endpoints/bias-metrics"]
    values = {one["MetricName"]: one["Value"] for one in told}
    assert values["demographic_parity_difference"] == pytest.approx(found["differences"][0]["now"])
    assert (values["bias_drift"] > 0.1) is drifts
    checks = [one["constraint_check_type"] for one in read(tmp_path, "report/constraint_violations.json")["violations"]]
    assert ("bias_drift_check" in checks) is drifts


def test_what_became_known_says_whom_a_model_fails(compared: Callable[..., Any], tmp_path: Path) -> None:
    """All are ill, and half are told so: of the Germans none, of the French all."""
    found = compared(lambda number, country: int(country == "FR"), known="mine,1\n" * 400)
    assert found["joined_rows"] == 400
    hits = next(one for one in found["differences"] if one["rate"] == "true_positive_rate")
    assert (hits["groups"], hits["drifts"]) == ({"DE": 0.0, "FR": 1.0}, True)
    assert read(tmp_path, "report/evaluation.json")["metrics"]["equalized_odds_difference"] == 1.0


def test_too_few_predictions_say_nothing_of_groups(compared: Callable[..., Any]) -> None:
    assert compared(lambda number, country: 1, count=40)["why"] == "40 rows were predicted; 100 are needed"


@pytest.mark.parametrize(
    ("importance", "ndcg", "checks"),
    [
        pytest.param({"age": 0.4, "noise": 0.01}, 1.0, [], id="the-same-order"),
        pytest.param({"age": 0.01, "noise": 0.4}, 0.64, ["feature_attribution_drift_check"], id="another-order"),
    ],
)
def test_a_model_that_depends_on_other_columns_is_seen(
    run: Run, environment: Any, tmp_path: Path, importance: dict[str, float], ndcg: float, checks: list[str]
) -> None:
    fit_model(environment, tmp_path)
    window = tmp_path / "input/window"
    (window / "captured").mkdir(parents=True)
    (window / "captured/some.jsonl").write_text(line([{"age": n % 60, "noise": n % 2} for n in range(120)]))
    (tmp_path / "input/model/model.tar.gz").rename(window / "model.tar.gz")
    background = [{"age": 30, "noise": 0}, {"age": 31, "noise": 1}]
    kept = {"method": "sampled Shapley values (shap is not in requirements.txt)", "importance": importance}
    (window / "attribution.json").write_text(json.dumps({**kept, "background": background}))
    span = {"from": "2026-11-28T18:00:00+00:00", "to": "2026-11-29T18:00:00+00:00"}
    facts = {"endpoint": "sample", "captured": "captured", "explain": "", "model": "model.tar.gz"}
    (window / "window.json").write_text(json.dumps({**facts, **span}))
    done = run("mlops_iac_monitor.py", "--explain", json.dumps({"rows": 100, "at_least": 0.9}))
    assert done.returncode == 0, done.stderr
    found = read(tmp_path, "report/report.json")["explain"]
    assert (found["why"], found["ndcg"]) == ("", pytest.approx(ndcg, abs=0.01))
    violations = read(tmp_path, "report/constraint_violations.json")["violations"]
    assert [one["constraint_check_type"] for one in violations if not one["feature_name"]] == checks


def test_a_metric_that_cannot_be_measured_says_why(look: Callable[..., Any]) -> None:
    rows = [list(one) for one in people(120)]
    known = "inference_id,label\n" + "mine,1\nmine,0\n" * 60
    found = look(line(rows, "mine", {"predictions": [1] * 120}), known=known, asked=("--quality", "auc"))["quality"]
    assert (found["value"], found["why"]) == (None, "auc needs probabilities, and the answers hold none")


def rule(number: int, column: str, **rules: Any) -> tuple[str, str]:
    return f"--column-{number}", json.dumps({"column": column, **rules})


def test_data_that_keeps_its_rules_passes_and_each_rule_is_told(run: Run, tmp_path: Path) -> None:
    rules = (
        *rule(1, "id", complete=1, unique=True),
        *rule(2, "age", complete=0.8, at_least=20, at_most=50),
        *rule(3, "country", allowed=["DE", "FR"], matches="[A-Z]{2}"),
        *rule(4, "ill", allowed=[0, 1]),
    )
    done = run("mlops_iac_rules.py", "--rows", '{"at_least": 5, "at_most": 5}', *rules)
    assert done.returncode == 0, done.stderr
    assert read(tmp_path, "report/evaluation.json")["metrics"] == {"rules": 10, "failed": 0, "rows": 5}
    assert "Quality of the data" in (tmp_path / "output/report/report.html").read_text()


@pytest.mark.parametrize(
    ("told", "said"),
    [
        (("--rows", '{"at_least": 6}'), "rows.at_least: 5, must be 6 or more"),
        (rule(1, "age", complete=0.9), "age.complete: 0.8, must be 0.9 or more"),
        (rule(1, "country", unique=True), "country.unique: 3 values again, must be none"),
        (rule(1, "age", at_least=21), "age.at_least: 20.0, must be 21 or more"),
        (rule(1, "age", at_most=49), "age.at_most: 50.0, must be 49 or less"),
        (rule(1, "country", allowed=["DE"]), "country.allowed: 3 others, such as 'FR', must be one of DE"),
        (rule(1, "country", matches="D."), "country.matches: 3 others, such as 'FR', must be D."),
        (rule(1, "age", newest_within_days=1), "days, must be 1 days old or less"),
        (rule(1, "nothing", complete=1), "the data has no column nothing"),
        (rule(1, "country", at_least=1), "column country holds 'DE', which is no number"),
    ],
)
def test_a_broken_rule_stops_with_its_name_value_and_bound(run: Run, told: tuple[str, ...], said: str) -> None:
    done = run("mlops_iac_rules.py", *told)
    assert done.returncode == 1, done.stdout
    assert said in done.stderr


def test_a_broken_rule_that_does_not_stop_is_told_to_a_gate(run: Run, tmp_path: Path) -> None:
    done = run("mlops_iac_rules.py", "--stops", "no", *rule(1, "age", at_least=21))
    assert done.returncode == 0, done.stderr
    assert read(tmp_path, "report/evaluation.json")["metrics"]["failed"] == 1
    (broken,) = [one for one in read(tmp_path, "report/report.json")["rules"] if not one["kept"]]
    assert broken == {"rule": "age.at_least", "value": 20.0, "bound": "21 or more", "kept": False}
