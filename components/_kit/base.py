"""The base of every component, with the one door that makes children."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import fields
from typing import Any, ClassVar, TypeVar

import pulumi

from mlops_iac.components._kit import naming, transforms
from mlops_iac.components._kit.facts import get_facts
from mlops_iac.components._kit.grants import Grant
from mlops_iac.components._kit.people import Declared
from mlops_iac.components._kit.reach import Reach
from mlops_iac.components._kit.site import Named, Site
from mlops_iac.components._kit.tags import tags_of
from mlops_iac.core.facts import Facts

R = TypeVar("R", bound=pulumi.Resource)


class Component(pulumi.ComponentResource):
    """One layer of an environment.

    A component declares ``Nodes``, the frozen record of what it makes. Its field names are the keys of ``make`` and
    the keys that ``transforms`` take.
    """

    Nodes: ClassVar[type]
    reach: ClassVar[tuple[Reach, ...]] = ()
    """The most that it may allow anybody. Left out: nothing."""
    people: ClassVar[Declared] = {}
    """What persons may do with it, by level of trust. Left out: nothing."""
    was: ClassVar[tuple[str, ...]] = ()
    """Names that its class once had: what is deployed under them is this one. Left out: none."""
    stem: str
    """What the names of its children start with: its own name."""

    def __init__(
        self,
        place: Named,
        given: transforms.Transforms | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        transforms.check(given or {}, self.children(), type(self).__name__)
        former = [pulumi.Alias(type_=_token(name)) for name in self.was]
        former += [pulumi.Alias(name=name) for name in place.site.former_names(place.name)]
        opts = pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(aliases=former)) if former else opts
        super().__init__(_token(type(self).__name__), place.name, None, opts)
        self.place = place
        self.site.ceiling.add(self.reach)
        self.site.people.add(self.people)
        self.stem = place.name
        self._given = given or {}

    @classmethod
    def children(cls) -> frozenset[str]:
        return frozenset(field.name for field in fields(cls.Nodes))

    @property
    def site(self) -> Site:
        return self.place.site

    def allow(
        self,
        what: str,
        actions: tuple[str, ...],
        resources: Iterable[pulumi.Input[str]],
        conditions: Mapping[str, Mapping[str, Any]] | None = None,
    ) -> Grant:
        """A grant whose owner is this component."""
        return Grant(
            owner=self.place.name, what=what, actions=actions, resources=tuple(resources), conditions=conditions or {}
        )

    def make(
        self,
        child: str,
        kind: type[R],
        props: Mapping[str, Any],
        *,
        name: str = "",
        called: str | None = None,
        depends_on: Iterable[pulumi.Resource] = (),
        secret: Iterable[str] = (),
        options: pulumi.ResourceOptions | None = None,
    ) -> R:
        """Make one child: named, tagged, protected and parented here, after the caller's transform, and the stack's of
        its type, have spoken.

        ``child`` is its key; ``name`` tells children of one key apart (the two subnets of a network). ``called`` are
        the words of the physical name where the logical name would read badly (a bucket called `…-lake-bucket`).
        ``secret`` are outputs that Pulumi's provider would keep in clear. ``options``: what else its life needs.
        """
        logical = f"{self.stem}-{name or child.replace('_', '-')}"
        token = kind.pulumi_type
        facts = get_facts(token)
        opts = pulumi.ResourceOptions(
            parent=self,
            depends_on=list(depends_on) or None,
            protect=True if self.site.protected and facts.loses else None,
            aliases=[pulumi.Alias(name=former) for former in self.site.former_names(logical)] or None,
            additional_secret_outputs=list(secret) or None,
        )
        opts = pulumi.ResourceOptions.merge(opts, options) if options else opts
        complete = {
            **self._naming(facts, token, self.site.naming(logical if called is None else called)),
            **self._tagging(facts, token, logical),
            **props,
        }
        complete = transforms.apply(self._given, child, kind, complete, opts)
        complete = self.site.transforms.apply(kind, complete, opts)
        return kind(logical, opts=opts, **complete)

    def transform_of(self, child: str, key: str) -> transforms.Transforms:
        """The caller's transform for a child that is a component itself, as that component's transform for ``key``."""
        given = self._given.get(child)
        return {} if given is None else {key: given}

    def within(self, child: str) -> tuple[Named, pulumi.ResourceOptions]:
        """The place and the options of a component inside this one."""
        return self.place.child(child), pulumi.ResourceOptions(parent=self)

    def physical(self, token: str, child: str = "") -> str:
        """The physical name that a child of this type has or would have (unique types excepted)."""
        logical = self.site.naming(f"{self.place.name}-{child}" if child else self.place.name)
        return naming.physical_name(token, stack=self.site.stack, logical=logical)

    def _naming(self, facts: Facts, token: str, logical: str) -> dict[str, Any]:
        rule = facts.name
        if rule is None:
            return {}
        if not rule.unique:
            return {rule.prop: naming.physical_name(token, stack=self.site.stack, logical=logical)}
        return {rule.prop: self._unique_name(token, logical)}

    def _unique_name(self, token: str, logical: str) -> pulumi.Output[str]:
        site = self.site
        return site.account.apply(
            lambda account: naming.physical_name(
                token, stack=site.stack, logical=logical, suffix=naming.short_hash(account, site.region, site.stack)
            )
        )

    def _tagging(self, facts: Facts, token: str, logical: str) -> dict[str, Any]:
        if not facts.tags:
            return {}
        # What EC2 makes has no name; its console and its bills show this tag.
        shown = {"Name": f"{self.site.stack}-{logical}"} if token.startswith("aws:ec2/") else {}
        return {facts.tags: tags_of(self.place, **shown)}


def _token(name: str) -> str:
    return f"mlops-iac:index:{name}"
