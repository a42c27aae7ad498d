"""The declarative base of every handler: a simple resource type is a table over botocore's service models.

What a type must say is in the class attributes of `Resource`, each with its meaning. What a table cannot say
goes into a hook (``prepare``, ``finish``, ``change``, ``refresh``) of the type's own class. The engine's state
is the source of truth for inputs: a read reports existence, ``computed``, ``refreshed`` and tags, and keeps the
rest of what was known.
"""

from __future__ import annotations

import functools
import secrets
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from mlops_iac.cloud.handlers import _dependents, _references
from mlops_iac.cloud.handlers._api import Api
from mlops_iac.cloud.handlers._shapes import Converter, document, input_shape, settle
from mlops_iac.cloud.handlers._tags import TagCalls
from mlops_iac.cloud.regions import partition_of
from mlops_iac.core.errors import CloudError, NotEmulated
from mlops_iac.engine.handler import Created, Scope, Unfinished
from mlops_iac.engine.values.value import UNKNOWN, Props

if TYPE_CHECKING:
    from mlops_iac.clients import Clients

HEX_DIGITS = 7
"""An automatic name is the logical name, a dash, and this many hex digits: Pulumi's own rule."""


class Resource:
    """One resource type. Stateless: one instance serves all threads."""

    type: str
    """Pulumi's token."""
    service: ClassVar[str]
    """boto3's name of the service."""
    create_op: ClassVar[str] = ""
    read_op: ClassVar[str] = ""
    update_op: ClassVar[str] = ""
    """Empty: the type's ``change`` hook does the updating, or nothing but tags can change in place."""
    delete_op: ClassVar[str] = ""

    # Inputs
    wrapped: ClassVar[str] = ""
    """A member of the create call that wraps most inputs: ``DatabaseInput``."""
    renames: ClassVar[Mapping[str, str]] = {}
    """Dotted Pulumi path to the API's member, where the names differ by more than case or plural."""
    fixed: ClassVar[Mapping[str, Any]] = {}
    """Parameters that every create sends."""
    extras: ClassVar[frozenset[str]] = frozenset()
    """Inputs that the type's own code honours (they are no parameters of the create call)."""
    ignores: ClassVar[Mapping[str, str]] = {}
    """Inputs that are accepted and do nothing here, each with the reason."""
    required: ClassVar[frozenset[str]] = frozenset()
    """Inputs without which nothing can be made; Pulumi's SDK checks most of them itself."""
    defaults: ClassVar[Mapping[str, Any]] = {}
    documents: ClassVar[frozenset[str]] = frozenset()
    """Inputs that are JSON documents; given as objects they are written as text."""
    choices: ClassVar[Mapping[str, tuple[str, ...]]] = {}
    """Allowed values of inputs whose botocore shape has no enum."""
    references: ClassVar[Mapping[str, str]] = {}
    """Input to the kind of thing it must name (`_references.CHECKS`), where moto does not look by itself."""

    # Identity
    name_input: ClassVar[str] = "name"
    """The input that is the physical name; empty for types without one."""
    name_limit: ClassVar[int] = 64
    prefix_input: ClassVar[str] = "namePrefix"
    identity: ClassVar[tuple[str, ...]] = ()
    """Inputs that make the physical identity; the name alone when empty."""
    replace_on: ClassVar[frozenset[str]] = frozenset()
    """Inputs that cannot change in place, besides name, prefix, region and identity."""
    id_from: ClassVar[str] = "name"
    """The output that is the resource's id."""
    key: ClassVar[Mapping[str, str]] = {}
    """Parameter to output: what names the resource in read, update and delete."""
    read_key: ClassVar[Mapping[str, str]] = {}
    """The same for the read alone, where it differs."""
    regional: ClassVar[bool] = True
    shares_names: ClassVar[bool] = False
    """Of a regional type: one name stands for one thing in all regions."""
    upserts: ClassVar[bool] = False
    """AWS's own create overwrites what carries the same name."""

    # Answers
    item: ClassVar[str] = "@"
    """JMESPath to the resource in the create's answer."""
    read_item: ClassVar[str] = ""
    """The same in the read's answer; ``item`` when empty. ``{output}`` is filled in."""
    computed: ClassVar[Mapping[str, str]] = {}
    """Output to JMESPath in the item; those missing from a create's answer come from ``formats``."""
    refreshed: ClassVar[Mapping[str, str]] = {}
    """Input to JMESPath in the read's item: what shows drift."""
    formats: ClassVar[Mapping[str, str]] = {}
    """Outputs made from others: ``arn:{partition}:logs:{region}:{account}:log-group:{name}``."""
    initial: ClassVar[Mapping[str, Any]] = {}
    """Outputs that are constant until a read says otherwise."""
    secret_outputs: ClassVar[frozenset[str]] = frozenset()
    tags: ClassVar[TagCalls | None] = None
    later: ClassVar[frozenset[str]] = frozenset()
    """Inputs that calls after the create call carry out: an update makes them again when one of those failed."""
    create_calls: ClassVar[int] = 1
    """Requests that the fullest create makes; the contract test counts them."""

    def __init__(self, clients: Callable[[str], Clients] | None) -> None:
        self._clients = clients

    # Pure: these run in previews, without a cloud

    def check(self, scope: Scope, name: str, old: Props | None, new: Props) -> dict[str, Any]:
        partition_of(self._region(scope, new))
        inputs = {key: value for key, value in new.items() if value is not None}
        inputs = self._drop_or_refuse_strangers(inputs)
        for key, value in self.defaults.items():
            inputs.setdefault(key, value)
        for key in self.documents & inputs.keys():
            inputs[key] = document(self.type, key, inputs[key])
        self._check_required(inputs)
        self._check_choices(inputs)
        self._name(name, old or {}, inputs)
        self._params(self.create_op, inputs)
        self.validate(scope, inputs)
        return inputs

    def validate(self, scope: Scope, inputs: dict[str, Any]) -> None:
        """Hook: what the table cannot check; may complete the inputs. Values may be UNKNOWN."""

    def replaces(self, scope: Scope, old: Props, new: Props, changed: frozenset[str]) -> frozenset[str]:
        return changed & self._replace_inputs()

    def moves(self, was: Props, will: Props) -> bool:
        """What has no region is the same in all regions of a partition."""
        return was != will if self.regional else _partition(was) != _partition(will)

    def deletes_before_replace(self, old: Props, new: Props, *, moved: bool = False) -> bool:
        if moved and self.named_by_region:
            return False
        identity = self._identity()
        return bool(identity) and all(old.get(key) == new.get(key) for key in identity)

    @property
    def named_by_region(self) -> bool:
        """Whether a name that is taken in one region is free in another."""
        return self.regional and not self.shares_names

    def secrets(self) -> frozenset[str]:
        return self.secret_outputs

    @classmethod
    def honours(cls, prop: str) -> bool:
        """Does a parameter of the create call, or the type's own code, make something of this input?"""
        return prop in cls._own_inputs() or cls._place(cls.create_op, prop) is not None

    # The four verbs, and looking up

    def create(self, scope: Scope, inputs: Props) -> Created:
        api = self.api(scope, inputs)
        self._check_references(api, scope, inputs, frozenset(inputs))
        self.prepare(api, scope, inputs)
        answer = api(self.create_op, **self.create_params(scope, inputs))
        item = search(self.item, answer) or {}
        outputs = self._outputs(scope, inputs, item)
        try:
            self.finish(api, scope, outputs)
        except CloudError as error:
            raise Unfinished(error, self._created(outputs)) from error
        return self._created(outputs)

    def begun(self, inputs: Props) -> dict[str, Any]:
        """The inputs as the create call alone leaves them; UNKNOWN is like no value that an update may bring."""
        return {**inputs, **dict.fromkeys(self.later & inputs.keys(), UNKNOWN)}

    def create_params(self, scope: Scope, inputs: Props) -> dict[str, Any]:
        return {**self.fixed, **self._params(self.create_op, inputs)}

    def prepare(self, api: Api, scope: Scope, inputs: Props) -> None:
        """Hook before the create call: what AWS would refuse and moto accepts."""

    def finish(self, api: Api, scope: Scope, outputs: dict[str, Any]) -> None:
        """Hook after the create call: further calls, further outputs. What it makes of inputs is in ``later``."""

    def read(self, scope: Scope, id: str, outputs: Props) -> Created | None:
        known = {**({self.id_from: id} if id else {}), **outputs}
        api = self.api(scope, known)
        item = self.fetch(api, scope, known)
        if not item:
            return None
        where = {"region": self._region(scope, known)} if self.regional else {}
        fresh = {**self.initial, **where, **self._formatted(scope, known), **known, **self._picked(self.computed, item)}
        for key, value in self._picked(self.refreshed, item, keep_empty=True).items():
            set_or_drop(fresh, key, settle(known.get(key), value))
        if self.tags:
            self._put_tags(fresh, self.tags.read(api, fresh, item))
        elif self._taggable():
            fresh.setdefault("tagsAll", dict(known.get("tags") or {}))
        self.refresh(api, scope, item, fresh)
        return self._created(fresh)

    def fetch(self, api: Api, scope: Scope, outputs: Props) -> Any:
        """The resource as the cloud describes it, or None."""
        answer = api.maybe(self.read_op, **self._keys(self.read_key or self.key, outputs))
        path = self.read_item or self.item
        return None if answer is None else search(_fill(path, outputs), answer)

    def refresh(self, api: Api, scope: Scope, item: Any, outputs: dict[str, Any]) -> None:
        """Hook after the read: what needs a call of its own, or more than a path."""

    def find(self, scope: Scope, inputs: Props) -> Created | None:
        known = {**self._formatted(scope, inputs), **inputs}
        keys = (self.read_key or self.key).values()
        return self.read(scope, "", known) if all(known.get(key) is not None for key in keys) else None

    def update(self, scope: Scope, id: str, old: Props, new: Props, outputs: Props) -> dict[str, Any]:
        changed = frozenset(key for key in {*old, *new} if old.get(key) != new.get(key))
        kept = {key: value for key, value in outputs.items() if key not in old}
        fresh = {**kept, **new}
        api = self.api(scope, fresh)
        self._check_references(api, scope, new, changed)
        if self.update_op and any(self._place(self.update_op, key) for key in changed - {"tags"}):
            answer = api(self.update_op, **self.update_params(scope, new, fresh))
            fresh.update(self._picked(self.computed, search(self.item, answer) or {}))
        self.change(api, scope, changed, old, fresh)
        if self.tags and "tags" in changed:
            self.tags.sync(api, self.service, fresh, old.get("tags") or {}, new.get("tags") or {})
        self._put_tags(fresh, new.get("tags") or {}) if self._taggable() else None
        return fresh

    def update_params(self, scope: Scope, inputs: Props, outputs: Props) -> dict[str, Any]:
        params = self._params(self.update_op, {k: v for k, v in inputs.items() if k != "tags"})
        fixed = self.fixed if self.update_op == self.create_op else {}
        return {**fixed, **params, **self._keys(self.key, outputs)}

    def change(self, api: Api, scope: Scope, changed: frozenset[str], old: Props, outputs: dict[str, Any]) -> None:
        """Hook in an update: the changes that the update call does not make. ``outputs`` has the new inputs."""

    def delete(self, scope: Scope, id: str, outputs: Props) -> None:
        known = {self.id_from: id, **outputs}
        api = self.api(scope, known)
        try:
            self.remove(api, scope, known)
        except CloudError as error:
            raise _dependents.explained(error, self.type, api, known) from error

    def remove(self, api: Api, scope: Scope, outputs: Props) -> None:
        """Hook: the delete itself."""
        api.maybe(self.delete_op, **self._keys(self.key, outputs))

    def api(self, scope: Scope, props: Props) -> Api:
        if self._clients is None:
            raise CloudError(
                "No cloud is running.",
                f"`{self.type}` needs one for this; previews do not.",
                hint="`mlops-iac cloud start` starts the embedded cloud.",
                resource=self.type,
            )
        subject = str(props.get(self.name_input or "") or props.get(self.id_from) or self.type)
        return Api(self._clients(self._region(scope, props)), self.service, self.type, subject)

    # Inputs

    @classmethod
    def _own_inputs(cls) -> frozenset[str]:
        taggable = {"tags"} if cls._taggable() else set()
        named = {cls.prefix_input} if cls.prefix_input and cls.name_input else set()
        return cls.extras | cls.ignores.keys() | taggable | named | ({"region"} if cls.regional else set())

    @classmethod
    def _taggable(cls) -> bool:
        return cls.tags is not None

    @classmethod
    @functools.cache
    def _place(cls, operation: str, prop: str) -> tuple[str, ...] | None:
        """Where an input goes in a call's parameters: ``("Name",)``, ``("DatabaseInput", "Name")`` or nowhere."""
        if not operation or prop == "region" or prop in cls.extras or prop in cls.ignores:
            return None
        shape, converter = input_shape(cls.service, operation), Converter(cls.type, cls.renames)
        if cls.wrapped and cls.wrapped in shape.members:
            inner = converter.member(shape.members[cls.wrapped], prop)
            if inner:
                return (cls.wrapped, inner)
        member = converter.member(shape, prop)
        return (member,) if member else None

    def _params(self, operation: str, inputs: Props) -> dict[str, Any]:
        if not operation:
            return {}
        shape, converter = input_shape(self.service, operation), Converter(self.type, self.renames)
        params: dict[str, Any] = {}
        for key, value in inputs.items():
            place = self._place(operation, key)
            if place is None or value is None:
                continue
            target, inner = params, shape
            for step in place[:-1]:
                target, inner = target.setdefault(step, {}), inner.members[step]
            target[place[-1]] = converter.convert(inner.members[place[-1]], value, key)
        return params

    def _drop_or_refuse_strangers(self, inputs: dict[str, Any]) -> dict[str, Any]:
        """An input that nobody honours is refused, unless its value says that it is not wanted."""
        strangers = [key for key in inputs if not self.honours(key)]
        for key in strangers:
            if inputs[key] not in (False, "", [], {}):
                raise NotEmulated(self.type, key, hint="leave it out on the embedded cloud, or test it on AWS.")
        return {key: value for key, value in inputs.items() if key not in strangers}

    def _check_required(self, inputs: Props) -> None:
        missing = sorted(key for key in self.required if key not in inputs)
        if missing:
            listed = ", ".join(f"`{key}`" for key in missing)
            raise CloudError("Missing property.", f"`{self.type}` needs {listed}.", resource=self.type)

    def _check_choices(self, inputs: Props) -> None:
        for key, allowed in self.choices.items():
            given = inputs.get(key, UNKNOWN)
            if given is not UNKNOWN and given not in allowed:
                listed = ", ".join(f"`{word}`" for word in allowed)
                detail = f"`{self.type}.{key}` is `{given}`; allowed: {listed}."
                raise CloudError("Value not allowed.", detail, resource=self.type)

    def _name(self, logical: str, old: Props, inputs: dict[str, Any]) -> None:
        if not self.name_input or self.name_input in inputs:
            return
        prefix = inputs.get(self.prefix_input, f"{logical}-")
        before = old.get(self.name_input)
        if before is not None and old.get(self.prefix_input) == inputs.get(self.prefix_input):
            inputs[self.name_input] = before
        elif prefix is UNKNOWN:
            inputs[self.name_input] = UNKNOWN
        else:
            inputs[self.name_input] = self.auto_name(str(prefix))

    def auto_name(self, prefix: str) -> str:
        """A prefix and seven hex digits, the prefix cut so that the whole fits the type's limit."""
        return prefix[: self.name_limit - HEX_DIGITS] + secrets.token_hex(4)[:HEX_DIGITS]

    def _check_references(self, api: Api, scope: Scope, inputs: Props, changed: frozenset[str]) -> None:
        for path, kind in self.references.items():
            if path.split(".")[0] in changed:
                for value in _references.values_at(inputs, path):
                    _references.CHECKS[kind](api, self.create_op, path, value)

    # Identity

    def _identity(self) -> tuple[str, ...]:
        return self.identity or ((self.name_input,) if self.name_input else ())

    @classmethod
    def _replace_inputs(cls) -> frozenset[str]:
        named = {cls.name_input, cls.prefix_input} if cls.name_input else set()
        return cls.replace_on | named | {"region"} | set(cls.identity)

    def _region(self, scope: Scope, props: Props) -> str:
        region = props.get("region") if self.regional else None
        return region if isinstance(region, str) else scope.region

    def _keys(self, key: Mapping[str, str], outputs: Props) -> dict[str, Any]:
        return {param: outputs[output] for param, output in key.items() if outputs.get(output) is not None}

    # Outputs

    def _outputs(self, scope: Scope, inputs: Props, item: Any) -> dict[str, Any]:
        outputs = {**self.initial, **inputs}
        if self.regional:
            outputs["region"] = self._region(scope, inputs)
        outputs.update(self._picked(self.computed, item))
        outputs.update({k: v for k, v in self._formatted(scope, outputs).items() if k not in outputs})
        if self._taggable():
            self._put_tags(outputs, inputs.get("tags") or {})
        return outputs

    def _created(self, outputs: dict[str, Any]) -> Created:
        """Pulumi's outputs hold the id once more."""
        outputs["id"] = str(outputs[self.id_from])
        return Created(outputs["id"], outputs)

    def _formatted(self, scope: Scope, outputs: Props) -> dict[str, str]:
        region = self._region(scope, outputs)
        words = {"partition": partition_of(region), "account": scope.account_id, **outputs, "region": region}
        made: dict[str, str] = {}
        for key, template in self.formats.items():
            try:
                made[key] = template.format(**{**words, **made})
            except KeyError:
                continue  # made from an output that is not known yet
        return made

    def _picked(self, paths: Mapping[str, str], item: Any, *, keep_empty: bool = False) -> dict[str, Any]:
        found = {key: _plain(search(path, item)) for key, path in paths.items()}
        return {key: value for key, value in found.items() if keep_empty or value is not None}

    @staticmethod
    def _put_tags(outputs: dict[str, Any], tags: Mapping[str, str]) -> None:
        set_or_drop(outputs, "tags", dict(tags) if tags or "tags" in outputs else None)
        outputs["tagsAll"] = dict(tags)


def _partition(place: Props) -> str:
    region = place.get("region")
    return partition_of(region) if isinstance(region, str) else ""


def search(path: str, answer: Any) -> Any:
    import jmespath

    return jmespath.search(path, answer)


def _fill(path: str, outputs: Props) -> str:
    """Fill ``{name}`` in a path; JMESPath's own braces are written as they are, so this is no str.format."""
    for key, value in outputs.items():
        if isinstance(value, str):
            path = path.replace("{" + key + "}", value.replace("'", "\\'"))
    return path


def _plain(value: Any) -> Any:
    """Times as RFC 3339 text, as Pulumi's provider answers them."""
    return value.isoformat().replace("+00:00", "Z") if hasattr(value, "isoformat") else value


def set_or_drop(outputs: dict[str, Any], key: str, value: Any) -> None:
    if value is None:
        outputs.pop(key, None)
    else:
        outputs[key] = value
