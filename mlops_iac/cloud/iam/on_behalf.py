"""What services do in a role that was handed to them: network interfaces, grants on keys, log delivery, rules.

Nothing of it happens on this machine, but on AWS it is refused when the role lacks the right; so it is asked here too.
The lists are in `data/services.json`, with their sources.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from mlops_iac.cloud.iam.assuming import CannotAssume
from mlops_iac.cloud.iam.keys import KeyUse
from mlops_iac.cloud.iam.reference import read_data
from mlops_iac.cloud.iam.requirements import Place
from mlops_iac.cloud.iam.resolving import key_arn
from mlops_iac.cloud.wire import AwsError, Call
from mlops_iac.core.strict_json import read_json

if TYPE_CHECKING:
    from mlops_iac.cloud.gateway import Gateway
    from mlops_iac.cloud.iam.enforcer import Wanted

SAGEMAKER: Final = "sagemaker.amazonaws.com"
STATES: Final = "states.amazonaws.com"

_IMAGE: Final = re.compile(
    r"(?P<account>\d{12})\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.amazonaws\.com(?:\.cn)?/(?P<name>[^:@]+)"
)


def check_container(
    gateway: Gateway, role: str, region: str, *, image: str, key: str | None = None, vpc: bool = False
) -> None:
    """What SageMaker does in a role before a container starts. Raises `AwsError` for the first right that lacks."""
    place = _place(role, region)
    wanted = [*_pulling(image, place)]
    if vpc:
        wanted += [(action, "*", {}) for action in _list("sagemaker", "vpc")]
    if key:
        wanted += _using(key, place, _list("sagemaker", "volume_key"), via="sagemaker", for_resource=True)
    gateway.roles.require(role, SAGEMAKER, "SageMaker", region, wanted)


def check_state_machine(gateway: Gateway, call: Call) -> None:
    """What Step Functions tries when a machine is made or changed: its role, log delivery, the rules of `.sync`."""
    role = call.params.get("roleArn")
    if not role:
        return
    try:
        gateway.roles.check(role, STATES)
    except CannotAssume as error:
        raise AwsError(
            "AccessDeniedException",
            "Neither the global service principal states.amazonaws.com, nor the regional one is authorized to assume "
            f"the provided role. {error}",
        ) from error
    wanted: Wanted = []
    place = _place(role, call.region)
    wanted += _delivering(call.params, place)
    for rule in sorted(_rules(call.params.get("definition") or "")):
        arn = f"arn:{place.partition}:events:{place.region}:{place.account}:rule/{rule}"
        wanted += [(action, arn, {}) for action in _list("states", "rule")]
    gateway.roles.require(role, STATES, "StepFunctions", call.region, wanted)


def check_execution(gateway: Gateway, role: str, machine_arn: str, key: str | None) -> None:
    """What Step Functions does in a machine's role when an execution starts: it encrypts with the machine's key."""
    if not key:
        return
    region = machine_arn.split(":")[3]
    place = _place(role, region)
    context = {"aws:states:stateMachineArn": machine_arn}
    wanted = _using(key, place, _list("states", "key"), via="states", context=context)
    gateway.roles.require(role, STATES, "StepFunctions", region, wanted)


def _delivering(asked: Mapping[str, Any], place: Place) -> Wanted:
    """What a machine that logs needs: the delivery, and the key of its logs when it has one."""
    logging = asked.get("loggingConfiguration") or {}
    if not logging.get("destinations") or logging.get("level", "OFF") == "OFF":
        return []
    found: Wanted = [(action, "*", {}) for action in _list("states", "logging")]
    key = (asked.get("encryptionConfiguration") or {}).get("kmsKeyId")
    if key:
        source = f"arn:{place.partition}:logs:{place.region}:{place.account}:*"
        found += _using(key, place, _list("states", "log_key"), via="delivery.logs", context={"SourceArn": source})
    return found


def _pulling(image: str, place: Place) -> Iterator[tuple[str, str, Mapping[str, tuple[str, ...]]]]:
    found = _IMAGE.match(image)
    if found is None:
        return
    yield from ((action, "*", {}) for action in _list("sagemaker", "image_token"))
    arn = f"arn:{place.partition}:ecr:{found['region']}:{found['account']}:repository/{found['name']}"
    yield from ((action, arn, {}) for action in _list("sagemaker", "image"))


def _using(
    key: str,
    place: Place,
    actions: Iterable[str],
    *,
    via: str,
    context: Mapping[str, str] | None = None,
    for_resource: bool = False,
) -> Wanted:
    uses = [
        KeyUse(action=action, key=key, via=via, encryption_context=context or {}, for_resource=for_resource)
        for action in actions
    ]
    return [(use.action, key_arn(use.key, place), use.keys(place.region, place.account)) for use in uses]


def _rules(definition: str) -> set[str]:
    """The names of the rules that Step Functions makes for a document's `.sync` tasks."""
    named = read_data("services.json")["states"]["rules"]
    resources = re.findall(r'"arn:[a-z-]+:states:::([^"]+)"', json.dumps(read_json(definition)) if definition else "")
    return {named[each] for each in resources if each in named}


def _list(service: str, what: str) -> list[str]:
    return list(read_data("services.json")[service][what])


def _place(role: str, region: str) -> Place:
    parts = role.split(":")
    return Place(partition=parts[1], region=region, account=parts[4])
