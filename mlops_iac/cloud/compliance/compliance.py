"""What rules found. Whoever asks is told of this cloud as it is now: a rule is evaluated again when anything has
changed since.

AWS evaluates a rule some minutes after a change, and a periodic one once a day. As there, what judges changes goes by
what a recorder records: while it is stopped, its last results stand. Results are told of one resource at a time, with
when they came to be.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from mlops_iac.cloud.compliance.holdings import Held, Place
from mlops_iac.cloud.compliance.managed import MANAGED, judge
from mlops_iac.cloud.paging import Spelling, paged
from mlops_iac.cloud.regions import partition_of
from mlops_iac.cloud.wire import AwsError, Call
from mlops_iac.core.managed_rules import ManagedRule

if TYPE_CHECKING:
    from mlops_iac.cloud.gateway import Gateway

STORE: Final = "compliance"
"""(account, region, rule) to when it was first and last evaluated, and what it found: (type, id) to fault and time."""

PAGES: Final = Spelling("Limit", "NextToken", "InvalidNextTokenException")
MOST: Final = 100

Results = Mapping[tuple[str, str], tuple[str, str]]
"""Type and id of a resource to what is wrong with it, empty where nothing is, and since when that is known."""


class Compliance:
    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._seen: dict[tuple[str, str, str], int] = {}
        """How often this cloud had changed when a rule was last evaluated."""

    def install(self) -> None:
        gateway = self._gateway
        gateway.before("config", "PutConfigRule", self._check)
        gateway.after("config", "PutConfigRule", self._begin)
        gateway.after("config", "DeleteConfigRule", self._forget)
        gateway.on_reset(self._seen.clear)
        for operation, answer in (
            ("DescribeComplianceByConfigRule", self._by_rule),
            ("DescribeComplianceByResource", self._by_resource),
            ("DescribeConfigRuleEvaluationStatus", self._status),
            ("GetComplianceDetailsByConfigRule", self._details_of_rule),
            ("GetComplianceDetailsByResource", self._details_of_resource),
            ("GetComplianceSummaryByConfigRule", self._summary),
            ("StartConfigRulesEvaluation", self._start),
        ):
            gateway.instead("config", operation, answer)

    # Rules --------------------------------------------------------------------------------------------------------

    def _check(self, call: Call) -> None:
        rule = call.params["ConfigRule"]
        source = rule.get("Source") or {}
        if not _backend(call).recorders:
            message = "NoAvailableConfigurationRecorder: there is no configuration recorder; rules need one."
            raise AwsError("NoAvailableConfigurationRecorderException", message)
        if source.get("Owner") != "AWS":
            raise _not_offered(f"rules of {source.get('Owner')}; managed ones it evaluates: {', '.join(MANAGED)}")
        if source.get("SourceIdentifier") not in MANAGED:
            raise _not_offered(f"the rule {source.get('SourceIdentifier')}; it evaluates: {', '.join(MANAGED)}")
        if rule.get("InputParameters") not in (None, "", "{}"):
            raise _not_offered("parameters of rules")
        if any(one.get("Mode") != "DETECTIVE" for one in rule.get("EvaluationModes") or ()):
            raise _not_offered("evaluation before a resource is made (PROACTIVE)")

    def _begin(self, call: Call) -> None:
        name = call.params["ConfigRule"].get("ConfigRuleName")
        with self._gateway.locked("config"):
            for rule in _rules(call, [name] if name else None):
                self._evaluate(call, rule, again=True)

    def _forget(self, call: Call) -> None:
        with self._gateway.locked("config"):
            self._gateway.store[STORE].pop(_key(call, call.params["ConfigRuleName"]), None)

    # Evaluating ---------------------------------------------------------------------------------------------------

    def _results(self, call: Call, rule: Any) -> Results:
        self._evaluate(call, rule)
        found: Results = self._gateway.store[STORE][_key(call, rule.config_rule_name)]["results"]
        return found

    def _evaluate(self, call: Call, rule: Any, *, again: bool = False) -> None:
        """The caller holds the lock. ``again``: whether or not anything has changed."""
        key, managed = _key(call, rule.config_rule_name), MANAGED[rule.source.source_identifier]
        kept = self._gateway.store[STORE].get(key)
        if kept and not again and self._seen.get(key) == self._gateway.changes:
            return
        if not managed.periodic and not _records(call, managed):
            self._keep(key, kept, kept["results"] if kept else {}, evaluated=False)
            return
        place = Place(account=call.account_id, region=call.region, partition=partition_of(call.region))
        faults = judge(managed, place, lambda one: _in_scope(rule, one))
        known, now = (kept or {}).get("results", {}), _now()
        results = {
            id: known[id] if id in known and known[id][0] == fault else (fault, now) for id, fault in faults.items()
        }
        self._keep(key, kept, results, evaluated=True)

    def _keep(
        self, key: tuple[str, str, str], kept: Mapping[str, Any] | None, results: Results, *, evaluated: bool
    ) -> None:
        now = _now()
        last = now if evaluated else (kept or {}).get("last")
        self._gateway.store[STORE][key] = {"first": (kept or {}).get("first") or now, "last": last, "results": results}
        if kept is None or kept["results"] != results:
            self._gateway.touch()
        self._seen[key] = self._gateway.changes

    def _start(self, call: Call) -> dict[str, Any]:
        names = call.params.get("ConfigRuleNames")
        if not names:
            raise AwsError("InvalidParameterValueException", "ConfigRuleNames names no rule.")
        with self._gateway.locked("config"):
            for rule in _rules(call, names):
                self._evaluate(call, rule, again=True)
        return {}

    # Answers ------------------------------------------------------------------------------------------------------

    def _by_rule(self, call: Call) -> dict[str, Any]:
        wanted = call.params.get("ComplianceTypes")
        with self._gateway.locked("config"):
            told: list[dict[str, Any]] = [
                {"ConfigRuleName": rule.config_rule_name, "Compliance": _together(self._results(call, rule))}
                for rule in _rules(call, call.params.get("ConfigRuleNames"))
            ]
        chosen = [one for one in told if not wanted or one["Compliance"]["ComplianceType"] in wanted]
        return paged("ComplianceByConfigRules", chosen, call.params, limit=MOST, spelling=PAGES)

    def _by_resource(self, call: Call) -> dict[str, Any]:
        asked, found = call.params, dict[tuple[str, str], list[str]]()
        with self._gateway.locked("config"):
            for rule in _rules(call, None):
                for id, (fault, _) in self._results(call, rule).items():
                    found.setdefault(id, []).append(fault)
        told: list[dict[str, Any]] = [
            {"ResourceType": type, "ResourceId": id, "Compliance": _compliance(sum(map(bool, faults)))}
            for (type, id), faults in sorted(found.items())
            if asked.get("ResourceType") in (None, type) and asked.get("ResourceId") in (None, id)
        ]
        wanted = asked.get("ComplianceTypes")
        chosen = [one for one in told if not wanted or one["Compliance"]["ComplianceType"] in wanted]
        return paged("ComplianceByResources", chosen, asked, limit=MOST, spelling=PAGES)

    def _details_of_rule(self, call: Call) -> dict[str, Any]:
        with self._gateway.locked("config"):
            (rule,) = _rules(call, [call.params["ConfigRuleName"]])
            told = [*self._told(call, rule)]
        return self._page(call, told)

    def _details_of_resource(self, call: Call) -> dict[str, Any]:
        asked = (call.params.get("ResourceType"), call.params.get("ResourceId"))
        if None in asked:
            raise AwsError("InvalidParameterValueException", "ResourceType and ResourceId are needed.")
        with self._gateway.locked("config"):
            told = [one for rule in _rules(call, None) for one in self._told(call, rule, asked)]
        return self._page(call, told)

    def _told(self, call: Call, rule: Any, only: tuple[Any, Any] | None = None) -> Iterator[dict[str, Any]]:
        last = self._gateway.store[STORE].get(_key(call, rule.config_rule_name), {}).get("last")
        for (type, id), (fault, since) in sorted(self._results(call, rule).items()):
            if only not in (None, (type, id)):
                continue
            qualifier = {
                "ConfigRuleName": rule.config_rule_name,
                "ResourceType": type,
                "ResourceId": id,
                "EvaluationMode": "DETECTIVE",
            }
            recorded = datetime.fromisoformat(since)
            yield {
                "EvaluationResultIdentifier": {"EvaluationResultQualifier": qualifier, "OrderingTimestamp": recorded},
                "ComplianceType": "NON_COMPLIANT" if fault else "COMPLIANT",
                "ResultRecordedTime": recorded,
                "ConfigRuleInvokedTime": datetime.fromisoformat(last or since),
                **({"Annotation": fault[:256]} if fault else {}),
            }

    def _page(self, call: Call, told: list[dict[str, Any]]) -> dict[str, Any]:
        wanted = call.params.get("ComplianceTypes")
        chosen = [one for one in told if not wanted or one["ComplianceType"] in wanted]
        return paged("EvaluationResults", chosen, call.params, limit=MOST, spelling=PAGES)

    def _summary(self, call: Call) -> dict[str, Any]:
        with self._gateway.locked("config"):
            kinds = [_together(self._results(call, rule))["ComplianceType"] for rule in _rules(call, None)]
        return {
            "ComplianceSummary": {
                "CompliantResourceCount": _count(kinds.count("COMPLIANT")),
                "NonCompliantResourceCount": _count(kinds.count("NON_COMPLIANT")),
                "ComplianceSummaryTimestamp": datetime.now(UTC),
            }
        }

    def _status(self, call: Call) -> dict[str, Any]:
        with self._gateway.locked("config"):
            told = [self._status_of(call, rule) for rule in _rules(call, call.params.get("ConfigRuleNames"))]
        return paged("ConfigRulesEvaluationStatus", told, call.params, limit=MOST, spelling=PAGES)

    def _status_of(self, call: Call, rule: Any) -> dict[str, Any]:
        self._evaluate(call, rule)
        kept = self._gateway.store[STORE][_key(call, rule.config_rule_name)]
        last = {
            name: datetime.fromisoformat(kept["last"])
            for name in ("LastSuccessfulInvocationTime", "LastSuccessfulEvaluationTime")
            if kept["last"]
        }
        return {
            "ConfigRuleName": rule.config_rule_name,
            "ConfigRuleArn": rule.config_rule_arn,
            "ConfigRuleId": rule.config_rule_id,
            "FirstActivatedTime": datetime.fromisoformat(kept["first"]),
            "FirstEvaluationStarted": kept["last"] is not None,
            **last,
        }


def _rules(call: Call, names: list[str] | None) -> list[Any]:
    """moto's rules; all there are where none is named."""
    rules = _backend(call).config_rules
    for name in names or ():
        if name not in rules:
            message = f"The ConfigRule '{name}' provided in the request is invalid. Please check the configRule name."
            raise AwsError("NoSuchConfigRuleException", message)
    return [rules[name] for name in (names or sorted(rules))]


def _records(call: Call, managed: ManagedRule) -> bool:
    """Whether a recorder that is on records what the rule judges."""
    for recorder in _backend(call).recorders.values():
        group = recorder.recording_group
        left_out = (group.exclusion_by_resource_types or {}).get("resourceTypes") or ()
        every = group.all_supported or bool(left_out)
        if recorder.status.recording and (managed.type in (group.resource_types or ()) or every):
            return managed.type not in left_out
    return False


def _in_scope(rule: Any, one: Held) -> bool:
    scope = rule.scope
    if scope is None:
        return True
    if scope.tags:
        return any(key in one.tags and value in (None, one.tags[key]) for key, value in scope.tags.items())
    types, id = scope.compliance_resource_types, scope.compliance_resource_id
    return (not types or one.type in types) and id in (None, one.id)


def _together(results: Results) -> Mapping[str, Any]:
    return _compliance(sum(1 for fault, _ in results.values() if fault)) if results else _NOTHING


_NOTHING: Final[Mapping[str, Any]] = {"ComplianceType": "INSUFFICIENT_DATA"}
"""Of a rule that found nothing to judge."""


def _compliance(faults: int) -> dict[str, Any]:
    if not faults:
        return {"ComplianceType": "COMPLIANT"}
    return {"ComplianceType": "NON_COMPLIANT", "ComplianceContributorCount": _count(faults)}


def _count(number: int) -> dict[str, Any]:
    """As AWS counts: to a hundred of resources."""
    return {"CappedCount": min(number, MOST), "CapExceeded": number > MOST}


def _backend(call: Call) -> Any:
    from moto.config.models import config_backends

    return config_backends[call.account_id][call.region]


def _key(call: Call, name: str) -> tuple[str, str, str]:
    return call.account_id, call.region, name


def _not_offered(what: str) -> AwsError:
    return AwsError("NotImplemented", f"The embedded cloud does not evaluate {what}.", 501)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
