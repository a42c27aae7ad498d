"""The code of a card writer: it runs on AWS Lambda, where boto3 is part of the runtime, and nowhere else.

A register step calls it with what only the run knows: ``run``, ``code``, ``model``, ``parameters`` and ``about``, which
the compiled pipeline fixed. It adds what lies in the lake (the record of the start, the evaluation, the team's own
words), writes the card as markdown beside the record, and answers it as SageMaker's model card. What nobody recorded is
said to be unknown: a card that lacks a line is no reason to end a run.
"""

from __future__ import annotations

import base64
import importlib
import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

UNKNOWN = "not known: something else than `mlops-iac run` started the run"

SECTIONS = {
    "intended_uses": (
        "purpose_of_model",
        "intended_uses",
        "factors_affecting_model_efficiency",
        "risk_rating",
        "explanations_for_risk_rating",
    ),
    "business_details": ("business_problem", "business_stakeholders", "line_of_business"),
    "additional_information": ("ethical_considerations", "caveats_and_recommendations"),
}
"""Where the team's words stand in SageMaker's card: section to its fields.
https://docs.aws.amazon.com/sagemaker/latest/dg/model-registry-details.html#model-card-schema"""

MOST_PARAMETERS, MOST_DATASETS, MOST_METRICS = 100, 15, 100
LONGEST = 1024
"""Characters of most of its texts."""
LONGEST_VALUE = 255
"""Of a hyperparameter's name and value."""


def handler(event: dict[str, Any], context: Any) -> dict[str, str]:
    about = event["about"] if isinstance(event["about"], dict) else json.loads(event["about"])
    s3 = importlib.import_module("boto3").client("s3")
    card = Card(s3, about, event)
    folder = f"{about['models']}{card.run}/record/"
    key = f"{folder}model_card.md"
    lock = Lock(s3, about)
    lock.hold(card.model, card.measured, f"{folder}run.json")  # before it is read, so that what is signed is locked
    digest = signatures().digest_of(s3, card.model)
    said = {"Bucket": about["bucket"], "Tagging": about["tagging"], **about["encryption"], **lock.arguments}
    s3.put_object(Key=key, Body=card.markdown().encode(), **said)
    s3.put_object(
        Key=f"{folder}model.json",
        Body=json.dumps({"model": card.model, "digest": digest, "card": key}).encode(),
        **said,
    )
    content = json.dumps(card.content(), separators=(",", ":"))
    signature = sign(about, card.model, digest) if "signing" in about else ""
    return {"card": content, "digest": digest, "signature": signature, "uri": f"s3://{about['bucket']}/{key}"}


def sign(about: Mapping[str, Any], model: str, digest: str) -> str:
    """The signature of the archive as it was just read, as text. The role may sign with one key only."""
    asked = {"KeyId": about["signing"], "MessageType": "RAW", "SigningAlgorithm": signatures().ALGORITHM}
    message = signatures().message_of(about["stack"], model, digest)
    made = importlib.import_module("boto3").client("kms").sign(Message=message, **asked)
    return base64.b64encode(made["Signature"]).decode()


class Lock:
    """Object Lock of what a model is shown by; nothing where the environment has no retention."""

    def __init__(self, s3: Any, about: Mapping[str, Any]) -> None:
        self.s3, self.bucket, asked = s3, about["bucket"], about.get("retention")
        self.until = datetime.now(UTC) + timedelta(days=asked["days"]) if asked else None
        self.mode = asked["mode"] if asked else ""

    @property
    def arguments(self) -> dict[str, Any]:
        """Of a PutObject."""
        return {"ObjectLockMode": self.mode, "ObjectLockRetainUntilDate": self.until} if self.until else {}

    def hold(self, *places: str) -> None:
        """Lock the versions that are there now."""
        for place in places if self.until else ():
            key = place.removeprefix(f"s3://{self.bucket}/")
            try:
                retention = {"Mode": self.mode, "RetainUntilDate": self.until}
                self.s3.put_object_retention(Bucket=self.bucket, Key=key, Retention=retention)
            except self.s3.exceptions.ClientError as error:
                if error.response["Error"]["Code"] not in lake_files().NOT_THERE:
                    raise


class Card:
    """One card. ``about`` has: stack, pipeline, bucket, models, code, evaluation, conditions, image, encryption,
    tagging."""

    def __init__(self, s3: Any, about: Mapping[str, Any], event: Mapping[str, Any]) -> None:
        self.s3, self.about = s3, about
        self.run, self.code, self.model = event["run"], event["code"], event["model"]
        self.parameters = parameters_of(event)
        self.origin: str | None = self.parameters.get(about.get("origin", ""))
        """Where the model was promoted from; None for one that was trained here."""
        self.record: dict[str, Any] = self.read(f"{about['models']}{self.run}/record/run.json").get("told", {})
        self.words: dict[str, str] = self.read(f"{about['code']}{self.code}/model_card.json")
        usual = about["evaluation"].replace("{run}", self.run)
        evaluation = event.get("evaluation", usual).removeprefix(f"s3://{about['bucket']}/")
        self.measured = evaluation
        self.metrics = dict(lake_files().numbers(self.read(evaluation)))
        self.conditions = [self.condition(one) for one in about["conditions"]]

    def read(self, key: str) -> dict[str, Any]:
        return lake_files().read(self.s3, self.about["bucket"], key)

    def condition(self, one: Mapping[str, Any]) -> dict[str, Any]:
        """A gate's condition with its bound and the value that was compared."""
        bound = self.parameters.get(one["parameter"]) if "parameter" in one else one["bound"]
        sign = {"at_least": ">=", "at_most": "<="}[one["direction"]]
        return {"metric": one["metric"], "must": f"{sign} {bound}", "value": self.metrics.get(one["metric"])}

    # SageMaker's card -----------------------------------------------------------------------------------------------

    def content(self) -> dict[str, Any]:
        sections: dict[str, Any] = {
            name: {field: self.words[field] for field in fields if field in self.words}
            for name, fields in SECTIONS.items()
        }
        sections["additional_information"]["custom_details"] = {
            name: str(value)[:LONGEST] for name, value in self.facts() if value
        }
        sections["model_overview"] = {
            "model_creator": str(self.record.get("started_by", "not known"))[:LONGEST],
            "model_artifact": [self.model],
        }
        sections["training_details"] = {
            **({"training_observations": seen} if (seen := self.words.get("training_observations")) else {}),
            "training_job_details": {
                **({} if self.origin else {"training_datasets": [uri for uri, _ in self.data()][:MOST_DATASETS]}),
                "training_environment": {"container_image": [self.about["image"]]},
                "user_provided_hyper_parameters": [
                    {"name": name[:LONGEST_VALUE], "value": str(value)[:LONGEST_VALUE] or "(empty)"}
                    for name, value in list(self.parameters.items())[:MOST_PARAMETERS]
                ],
            },
        }
        sections["evaluation_details"] = [self.evaluation()]
        return {name: section for name, section in sections.items() if section}

    def evaluation(self) -> dict[str, Any]:
        must = {one["metric"]: f"the gate asked for {one['must']}" for one in self.conditions}
        data = [
            {"name": name[:LONGEST_VALUE], "type": "number", "value": value, **notes(must.get(name))}
            for name, value in list(self.metrics.items())[:MOST_METRICS]
        ]
        return {"name": "evaluation", "metric_groups": [{"name": "metrics", "metric_data": data}]}

    # What is known --------------------------------------------------------------------------------------------------

    def facts(self) -> Iterator[tuple[str, Any]]:
        git = self.record.get("git") or {}
        yield "stack", self.about["stack"]
        yield "pipeline", self.about["pipeline"]
        yield "promoted_from", self.origin
        yield "run", self.run
        yield "code", self.code
        yield "commit", git.get("commit")
        if git:
            yield "uncommitted_changes", {"True": "yes", "False": "no"}.get(str(git.get("dirty")), "not known")
        yield "framework", self.record.get("framework")
        if logged := self.about.get("logged"):
            yield "logged_in", f"{logged}{self.run}"
        for number, (_, said) in enumerate(self.data(), 1):
            yield f"data_{number}", said

    def data(self) -> Iterator[tuple[str, str]]:
        """The URI of each part of the data, and what was seen there when the run started."""
        for one in (self.record.get("data") or {}).values():
            said = f"{one.get('objects')} objects, {one.get('bytes')} bytes, digest {one.get('digest')}"
            yield f"s3://{self.about['bucket']}/{one.get('prefix', '')}", said

    # For people -----------------------------------------------------------------------------------------------------

    def markdown(self) -> str:
        return "\n".join(self.lines()) + "\n"

    def lines(self) -> Iterator[str]:
        yield f"# Model of {self.about['stack']}, run {self.run}"
        for name, fields in SECTIONS.items():
            said = [(field, self.words[field]) for field in fields if field in self.words]
            if said:
                yield from ("", f"## {title(name)}", "")
                yield from (f"- **{title(field)}**: {plain(value)}" for field, value in said)
        if not self.words:
            yield from ("", "The team says nothing of its use: write `model_card.yaml` beside the scripts.")
        yield from ("", "## Where it comes from", "")
        yield f"- **Started by**: {plain(self.record.get('started_by', UNKNOWN))}"
        yield from (f"- **{title(name)}**: {plain(value)}" for name, value in self.facts() if value)
        what = "Measured on" if self.origin else "Training data"
        yield from (f"- **{what}**: {plain(uri)} ({said})" for uri, said in self.data())
        yield f"- **Artifact**: {plain(self.model)}"
        yield f"- **Image**: {plain(self.about['image'])}"
        yield from table("Parameters", ("parameter", "value"), self.parameters.items())
        yield from table("Metrics", ("metric", "value"), self.metrics.items())
        asked = [(one["metric"], one["must"], one["value"]) for one in self.conditions]
        yield from table("What the gate asked for", ("metric", "must be", "was"), asked)
        packages = self.record.get("packages") or ()
        if packages:
            yield from ("", "## Packages", "", ", ".join(map(plain, packages)))


def parameters_of(event: Mapping[str, Any]) -> dict[str, Any]:
    """The run's parameters by one name each. Some orchestrators give them one by one: ``parameters.C``."""
    given: dict[str, Any] = {}
    for name, value in event.items():
        if name == "parameters":
            given |= value
        elif name.startswith("parameters."):
            given[name.removeprefix("parameters.")] = value
    flat: dict[str, Any] = {}
    for name, value in given.items():
        flat |= {f"{name}.{key}": item for key, item in value.items()} if isinstance(value, dict) else {name: value}
    run_names = importlib.import_module("hyperparameters")
    return {name: run_names.read(value) if isinstance(value, str) else value for name, value in sorted(flat.items())}


def lake_files() -> Any:
    """What functions of an environment share; it lies beside this file in the archive."""
    return importlib.import_module("lake_files")


def signatures() -> Any:
    """What is signed, and the digest in it; it lies beside this file in the archive."""
    return importlib.import_module("signatures")


def notes(text: str | None) -> dict[str, str]:
    return {"notes": text[:LONGEST]} if text else {}


def title(name: str) -> str:
    return name.replace("_", " ").capitalize()


def plain(value: Any) -> str:
    """Text on one line that markdown does not read as something else."""
    text = " ".join(str(value).split())
    return "".join(f"\\{sign}" if sign in "\\`*_[]<|" else sign for sign in text)


def table(head: str, columns: tuple[str, ...], rows: Any) -> Iterator[str]:
    found = [*rows]
    if found:
        yield from ("", f"## {head}", "", f"| {' | '.join(columns)} |", f"|{' --- |' * len(columns)}")
        yield from (f"| {' | '.join(map(plain, row))} |" for row in found)
