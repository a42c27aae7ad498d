"""The contract of an environment: what every blueprint exports, and what runs, clients and people read.

The stack's outputs are this record as plain JSON (``to_outputs``); ``Environment.from_outputs`` reads it back, from the
embedded engine's state or from ``pulumi stack output --json`` alike. What there can be several of has names, and what a
reader needs to know of a step is a fact that the step states, so that nothing is guessed from a name or a document.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass
from types import UnionType
from typing import Any, Final, Self, get_args, get_origin, get_type_hints

from mlops_iac.core.errors import StateError
from mlops_iac.core.retention import Retention
from mlops_iac.core.suggestions import did_you_mean

CONTRACT: Final = 3
"""The version of this contract. It grows when a reader of the old outputs would fail, or would read something wrong."""

STACK_TAG = "mlops-iac:stack"
"""Every resource of an environment, and everything a run creates, carries this tag with the stack's name."""

FOLDERS: Final = "folders"
"""The fact by which a step says the key prefixes of the folders that it makes, with ``{run}`` for the run's id."""

MACHINES: Final = "machines"
"""The fact by which a step says what its jobs run on."""

SHIPPED: Final = "shipped"
"""The fact by which a step says that it runs a script of mlops-iac's own."""

NOTEBOOKS: Final = "notebooks"
"""The service that is a domain of SageMaker Studio: its endpoint is the domain's id."""

LAKE: Final = "lake"
"""The store that a team's own data lies in."""


@dataclass(frozen=True, kw_only=True)
class Store:
    """A bucket with its zones."""

    bucket: str
    zones: Mapping[str, str]
    """Zone name to key prefix, prefix ending in a slash: ``{"raw": "raw/", …}``."""
    key_arn: str
    """KMS key every object is written with; empty where S3 manages the encryption."""
    adopted: bool | None = None
    """True where the bucket was there before: what lies in it is never deleted."""
    retention: Retention | None = None
    """How long what is written down is locked. None where nothing is."""


@dataclass(frozen=True, kw_only=True)
class Parameter:
    """What a run may be told."""

    type: str
    """prefix, string, number or strings: `mlops_iac.pipelines.parameters.ParameterType`."""
    default: Any
    description: str = ""
    allowed: tuple[Any, ...] = ()
    """The values it may have; empty where any of its type will do."""
    minimum: float | None = None
    maximum: float | None = None


@dataclass(frozen=True, kw_only=True)
class Step:
    name: str
    kind: str
    """One of the kinds of steps: processing, training, gate, …"""
    facts: Mapping[str, Any] = field(default_factory=dict)
    """What a reader needs to know of it, by kind.

    what may be taken over from a run before: ``cache``, with ``days``, ``definition``, ``parameters`` and ``steps``
    what is a SageMaker job: ``job``, processing, training or transform; ``settings``, where a file says its machines
    what has machines: ``machines``, of each job ``instance_type``, ``instance_count``, ``volume_gib`` and
    ``max_minutes``, or of a container on a queue ``vcpus``, ``nodes`` where it is on several, and ``max_minutes``;
    ``times`` where there are several such
    what runs a script of mlops-iac's own: ``shipped``, the file
    what makes something with a name of its own: ``name_limit``, how many characters that name may have
    evaluate: ``evaluation``, the key of the file it makes, with ``{run}`` for the run's id
    gate: ``conditions``, each with ``evaluation``, the key of the file it reads, with ``{run}`` for the run's id;
    ``metric``, the path of the metric below ``metrics``; ``direction``, at_least or at_most; and ``bound``, a number,
    or ``parameter``, which holds it; with ``champion`` (``registry``, ``by``) that parameter is the run's own: what is
    that much better than the registry's champion when the run starts
    register: ``registry``, and deploy: ``endpoint``, by their names in this contract; with ``beside``, the variant that
    goes on serving beside the one before
    """


@dataclass(frozen=True, kw_only=True)
class Pipeline:
    name: str
    target: str
    """The orchestrator that runs it."""
    handle: str
    """What the orchestrator knows it by: its ARN."""
    framework: str
    framework_version: str
    code: str
    """The team's code folder, relative to the project's root."""
    code_prefix: str
    """Where packed code lies in its store: ``code/``."""
    store: str = LAKE
    """Where its runs read and write."""
    scripts: Mapping[str, str] = field(default_factory=dict)
    """Step name to script file inside the code folder; all of them must exist before a run starts."""
    parameters: Mapping[str, Parameter] = field(default_factory=dict)
    """A run may override any of them, and no others."""
    steps: tuple[Step, ...] = ()
    keeps: tuple[str, ...] = ()
    """Key prefixes of its store where its runs keep what they make, besides the zones: nobody else writes there, and
    what lies there is deleted with the environment."""

    @property
    def current_code(self) -> str:
        """Key of the file that names the code that was run or pushed last: what a trigger starts a run with."""
        return f"{self.code_prefix}current/{self.name}.json"


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    name: str
    flavour: str
    """serverless, realtime or async."""
    capacity: Mapping[str, Any] = field(default_factory=dict)
    """What answers, in SageMaker's words: InstanceType and InitialInstanceCount, or ServerlessConfig."""
    scaling: Mapping[str, int] = field(default_factory=dict)
    """Instances ``at_least`` and ``at_most``; empty where there are always as many."""
    watched: Mapping[str, str] = field(default_factory=dict)
    """What its monitoring looks at, ``drift`` and ``quality``, to the name of the alarm; empty where nothing looks."""


@dataclass(frozen=True, kw_only=True)
class Api:
    """An address for applications, before an endpoint."""

    url: str
    """Where predictions are asked for, the path included: on AWS; `core.api_address` says where here."""
    auth: str
    """iam, cognito or api-key."""
    keys: Mapping[str, str] = field(default_factory=dict)
    """Application to the id of its API key; the value is a secret, which API Gateway keeps."""
    user_pool_id: str | None = None
    """Of Cognito, whose tokens are taken. Absent for other ways in."""
    client_id: str | None = None
    """By which people sign in to the pool. Absent where the pool was there before."""


@dataclass(frozen=True, kw_only=True)
class Registry:
    model_package_group: str
    repository_url: str
    adopted: bool | None = None
    """True where the group was there before: its versions are never deleted."""
    signing_key_arn: str | None = None
    """The key that signs its versions. None where they are not signed."""
    verifier: str | None = None
    """ARN of the function that says whether a version is signed. None where nobody is asked before one serves."""


@dataclass(frozen=True, kw_only=True)
class Queue:
    """A Batch job queue with the job definition meant for it."""

    queue: str
    job_definition: str | None = None
    """Absent where there is none: jobs bring their own."""


@dataclass(frozen=True, kw_only=True)
class FeatureGroup:
    """A group of features, which are put and read together."""

    name: str
    """SageMaker's."""
    identifier: str
    """The feature that says whose values these are."""
    event_time: str
    """The feature that says when they became true."""
    features: Mapping[str, str]
    """Each feature and its type, in order: Integral, Fractional or String."""
    online: bool
    """Whether its newest values can be asked for at once."""
    table: str
    """Of its history, in the lake's catalogue."""


@dataclass(frozen=True, kw_only=True)
class Cluster:
    """A cluster that jobs may be sent to."""

    kind: str
    handle: str
    """What its own clients know it by: a name or an ARN."""


@dataclass(frozen=True, kw_only=True)
class Service:
    """One entry of the service catalogue, by capability."""

    endpoint: str
    credentials: str
    """A reference (a role's ARN, a secret's ARN), never a value."""
    client: Mapping[str, str] = field(default_factory=dict)
    """Client profile: the environment variables a client needs."""
    secrets: Mapping[str, str] | None = None
    """Variables of the client that are secrets, each to its key in the secret that ``credentials`` names. None where it
    has none."""


@dataclass(frozen=True, kw_only=True)
class Trail:
    """Log files of who did what."""

    arn: str
    bucket: str


@dataclass(frozen=True, kw_only=True)
class Environment:
    """Names are the environment's own: ``main`` where a blueprint has one of a kind."""

    contract: int = CONTRACT
    team: str
    environment: str
    blueprint: str
    region: str
    account_id: str
    stores: Mapping[str, Store]
    pipelines: Mapping[str, Pipeline]
    endpoints: Mapping[str, Endpoint] = field(default_factory=dict)
    apis: Mapping[str, Api] = field(default_factory=dict)
    """By the name of the endpoint that they stand before."""
    registries: Mapping[str, Registry] = field(default_factory=dict)
    queues: Mapping[str, Queue] = field(default_factory=dict)
    clusters: Mapping[str, Cluster] = field(default_factory=dict)
    feature_groups: Mapping[str, FeatureGroup] = field(default_factory=dict)
    services: Mapping[str, Service] = field(default_factory=dict)
    approvals_queue_url: str | None = None
    """Where runs put what they ask a person. None where no pipeline asks."""
    trail: Trail | None = None
    """Of CloudTrail. None where there is none."""
    config_rules: Sequence[str] | None = None
    """Of AWS Config, by their names. None where there are none."""
    two_person: bool | None = None
    """True where who starts a run may not approve it."""
    promotion: Mapping[str, tuple[str, ...]] | None = None
    """Stacks (``churn-dev``, ``churn-dev@222222222222``) whose models may come here, ``from``, and where models of this
    one may go, ``to``. None where there are none."""
    access: Mapping[str, str] | None = None
    """Level (viewer, scientist, admin) to the ARN of the role that its persons assume. None where nobody comes in."""
    alerts_topic_arn: str | None = None
    dashboard: str | None = None

    @property
    def stack(self) -> str:
        return f"{self.team}-{self.environment}"

    @property
    def lake(self) -> Store:
        """The store that the team's own data lies in."""
        return self.get_store(LAKE)

    def get_store(self, name: str) -> Store:
        """Raises StateError with the stores there are: a pipeline names one that its environment lacks."""
        if name not in self.stores:
            detail = f"{self.stack} has no store `{name}`; it has: {', '.join(self.stores) or 'none'}."
            raise StateError("No such store.", detail, hint=did_you_mean(name, self.stores))
        return self.stores[name]

    def to_outputs(self) -> dict[str, Any]:
        """Plain JSON, in the order of the fields. Values may still be Pulumi Outputs when a blueprint calls this."""
        return dict(_plain(self))

    @classmethod
    def from_outputs(cls, outputs: Mapping[str, Any]) -> Self:
        """Read a stack's outputs; keys that are not known here are ignored.

        Raises StateError for outputs of another version of the contract, and for a key that is missing.
        """
        check_contract(outputs)
        return _read(cls, outputs, "")


def is_complete(outputs: Mapping[str, Any]) -> bool:
    """Whether an `up` came so far that its outputs are an environment, of this version or another."""
    return "stores" in outputs or "data" in outputs


def check_contract(outputs: Mapping[str, Any]) -> None:
    """Raise StateError unless the outputs are of this version. Those of the first version do not say which they are."""
    version = outputs.get("contract", 1)
    if version == CONTRACT:
        return
    stack = f"{outputs.get('team', 'TEAM')}-{outputs.get('environment', 'ENV')}"
    newer = isinstance(version, int) and version > CONTRACT
    raise StateError(
        "The environment's outputs are of another version.",
        f"{stack} describes itself by contract {version}; this mlops-iac reads contract {CONTRACT}.",
        hint="use the mlops-iac that brought it up, or a later one: `pip install --upgrade mlops-iac`."
        if newer
        else f"`mlops-iac up {stack}` writes them anew; its data, models and runs stay.",
    )


# Reading and writing records -----------------------------------------------------------------------------------------


def _read(kind: Any, value: Any, path: str) -> Any:
    """A value as its type says: records, mappings and tuples of records, and plain values as they are."""
    if is_dataclass(kind):
        return _read_record(kind, value, path)
    record = next((one for one in get_args(kind) if is_dataclass(one)), None) if value is not None else None
    if isinstance(kind, UnionType) and record:
        return _read_record(record, value, path)
    origin, inner = get_origin(kind), get_args(kind)
    if isinstance(value, Mapping) and origin is Mapping:
        return {key: _read(inner[1], item, f"{path}.{key}") for key, item in value.items()}
    if isinstance(value, list | tuple) and origin is tuple:
        return tuple(_read(inner[0], item, f"{path}[{index}]") for index, item in enumerate(value))
    return value


def _read_record(kind: Any, value: Any, path: str) -> Any:
    given = value if isinstance(value, Mapping) else {}
    types = _types(kind)
    try:
        return kind(**{name: _read(types[name], given[name], f"{path}.{name}") for name in types if name in given})
    except TypeError as error:
        missing = str(error).rpartition(": ")[2]
        raise StateError(
            "The environment's outputs are not complete.",
            f"{_named(path)} {missing}.",
            hint="`mlops-iac up STACK` writes them anew; its data, models and runs stay.",
        ) from error


def _named(path: str) -> str:
    return f"`{path[1:]}` lacks" if path else "They lack"


@functools.cache
def _types(kind: Any) -> dict[str, Any]:
    return get_type_hints(kind)


def in_field_order(outputs: Any) -> Any:
    """The same outputs with the keys of these records in the order of their fields, and any others behind, as they are.

    Engines keep outputs without an order, or sorted; people read who and where before what.
    """
    if isinstance(outputs, Mapping):
        names = sorted(outputs, key=lambda name: _RANKS.get(name, len(_RANKS)))
        return {name: in_field_order(outputs[name]) for name in names}
    return [in_field_order(item) for item in outputs] if isinstance(outputs, list) else outputs


_RECORDS = (Environment, Store, Pipeline, Parameter, Step, Endpoint, Registry, Queue, Cluster, FeatureGroup, Service)
_RANKS = {
    name: rank for rank, name in enumerate(dict.fromkeys(f.name for kind in (*_RECORDS, Api) for f in fields(kind)))
}


def _plain(value: Any) -> Any:
    """Records as dictionaries, without what there need not be and is not.

    Unlike ``asdict`` this copies no leaf: a Pulumi Output refuses to be copied.
    """
    if is_dataclass(value) and not isinstance(value, type):
        parts = {part: getattr(value, part.name) for part in fields(value)}
        return {part.name: _plain(item) for part, item in parts.items() if item is not None or part.default is not None}
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value
