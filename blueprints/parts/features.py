"""A team's features: its definitions, made; what the environment tells of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from mlops_iac.blueprints.parts.features_options import FeaturesOptions
from mlops_iac.blueprints.parts.foundation import Foundation
from mlops_iac.blueprints.parts.told import CALLER, as_any
from mlops_iac.components.data_lake.access import RESULTS
from mlops_iac.components.feature_store import FeatureStore, FeatureStoreArgs, Group
from mlops_iac.config.feature_groups import Written, read_feature_groups
from mlops_iac.core import environment as env
from mlops_iac.core.errors import ConfigError, Problem
from mlops_iac.core.suggestions import did_you_mean

READ = ("raw", "curated", "features")
"""Where rows and labels lie."""
WRITTEN = ("features", "models")


def make_features(foundation: Foundation, options: FeaturesOptions) -> FeatureStore:
    """A group for each definition in the team's code. Raises ConfigError for what is wrong with them."""
    stack = foundation.stack
    written = read_feature_groups(stack.root, stack.get_code_folder())
    problems = [*_taken(written, foundation), *_no_labels(foundation, options)]
    if problems:
        raise ConfigError.of(problems)
    made = FeatureStore(
        foundation.site.named("features"),
        FeatureStoreArgs(
            groups={name: _group(one) for name, one in written.items()},
            lake=foundation.lake.ref,
            key=foundation.key,
            boundary=foundation.boundary,
        ),
    )
    lake = foundation.lake
    lake.grant_query(made.role)
    lake.grant_read(made.role, *READ, RESULTS)
    lake.grant_write(made.role, *WRITTEN, RESULTS)
    return made


def tell_features(store: FeatureStore) -> dict[str, env.FeatureGroup]:
    """By name."""
    return {
        name: env.FeatureGroup(
            name=store.group_name(name),
            identifier=group.identifier,
            event_time=group.time,
            features=dict(group.types),
            online=group.online,
            table=group.table,
        )
        for name, group in store.groups.items()
    }


def tell_service(foundation: Foundation) -> env.Service:
    region = foundation.site.region
    address = f"https://featurestore-runtime.sagemaker.{region}.amazonaws.com"
    return env.Service(endpoint=as_any(address), credentials=CALLER, client={"AWS_REGION": region})


def _group(written: Written) -> Group:
    group = written.group
    return Group(
        identifier=group.record_identifier,
        time=group.event_time,
        types=group.features,
        table=written.table,
        description=group.description,
        online=group.online,
        ttl=group.ttl_duration,
        ttl_seconds=group.ttl_seconds,
    )


def _taken(written: Mapping[str, Written], foundation: Foundation) -> Iterator[Problem]:
    for name, one in written.items():
        if one.table in foundation.options.tables:
            detail = f"The history of `{name}` is table `{one.table}`, which the stack file has under `tables` too."
            at = ("table",) if one.group.table else ()
            yield one.document.problem(at, "Two tables have one name.", detail, "give the group another `table`.")


def _no_labels(foundation: Foundation, options: FeaturesOptions) -> Iterator[Problem]:
    if options.labels is None:
        return
    tables = foundation.options.tables
    table = tables.get(options.labels.table)
    if table is None:
        known = ", ".join(tables) or "none"
        detail = f"There is no table `{options.labels.table}`; under `tables` there are: {known}."
        hint = f"{did_you_mean(options.labels.table, tables)} Or add it there.".strip()
        yield foundation.stack.problem("options.labels.table", "The labels have no table.", detail, hint)
    elif options.labels.time not in table.columns:
        detail = (
            f"Table `{options.labels.table}` has no column `{options.labels.time}`; it has: {', '.join(table.columns)}."
        )
        hint = did_you_mean(options.labels.time, table.columns)
        yield foundation.stack.problem("options.labels.time", "The labels have no time.", detail, hint)
