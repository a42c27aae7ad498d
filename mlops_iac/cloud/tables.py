"""Resource types that moto lacks, each declared as one table: create, read, update, delete, list by botocore's shapes.

>>> install(gateway, Table("sagemaker", key=("CodeRepositoryName",), create="CreateCodeRepository",
...     read="DescribeCodeRepository", update="UpdateCodeRepository", delete="DeleteCodeRepository",
...     arn=("CodeRepositoryArn", "arn:{partition}:sagemaker:{region}:{account}:code-repository/{CodeRepositoryName}")))

What was sent is what is read back; statuses are at once the final ones. Behaviour belongs in a hook of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from mlops_iac.cloud.regions import partition_of
from mlops_iac.cloud.wire import AwsError, Call

if TYPE_CHECKING:
    from mlops_iac.cloud.gateway import Gateway

Item = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Table:
    """One resource type. Operations that are left out stay with moto."""

    service: str
    name: str
    """The table's name in the store, unique."""
    key: tuple[str, ...]
    """The parameters that identify one item."""
    create: str = ""
    put: str = ""
    """Create or replace, as S3's ``Put…Configuration`` do."""
    read: str = ""
    update: str = ""
    delete: str = ""
    list: str = ""
    items: str = ""
    """The member of the list operation's output that holds the items."""
    within: tuple[str, ...] = ()
    """The parameters by which `list` selects: all items whose values are equal."""
    wrap: str = ""
    """The member that holds one item in parameters and in what is read: ``MetricsConfiguration``."""
    arn: tuple[str, str] | None = None
    """Member and template, filled from region, account, and the parameters."""
    constants: Mapping[str, Any] = field(default_factory=dict)
    """Members that the service adds: ``{"Status": "InService"}``."""
    missing: tuple[str, int] = ("ResourceNotFoundException", 400)
    """Error code and HTTP status when there is no such item."""
    conflict: str = "ConflictException"
    check: Callable[[Call], None] | None = None
    """Called before a create or put; raises `AwsError`: "there is no such bucket"."""


def install(gateway: Gateway, table: Table) -> None:
    """Answer the table's operations instead of moto."""
    rows = _Rows(gateway, table)
    for operation, fn in (
        (table.create, rows.create),
        (table.put, rows.put),
        (table.read, rows.read),
        (table.update, rows.update),
        (table.delete, rows.delete),
        (table.list, rows.list),
    ):
        if operation:
            gateway.instead(table.service, operation, fn)


class _Rows:
    def __init__(self, gateway: Gateway, table: Table) -> None:
        self._gateway, self._table = gateway, table

    @property
    def _items(self) -> dict[Any, Any]:
        return self._gateway.store[f"{self._table.service}.{self._table.name}"]

    def _key(self, call: Call) -> tuple[Any, ...]:
        return (call.account_id, call.region, *(call.params.get(name) for name in self._table.key))

    def _get(self, call: Call) -> Item:
        item = self._items.get(self._key(call))
        if item is None:
            code, status = self._table.missing
            named = ", ".join(str(call.params.get(name)) for name in self._table.key)
            raise AwsError(code, f"{self._table.name} {named} does not exist.", status)
        return dict(item)

    def create(self, call: Call) -> Item:
        with self._gateway.locked(self._table.service):
            if self._key(call) in self._items:
                raise AwsError(self._table.conflict, f"{self._table.name} {call.params[self._table.key[-1]]} exists.")
            return self.put(call)

    def put(self, call: Call) -> Item:
        if self._table.check:
            self._table.check(call)
        item = {**self._sent(call), **self._table.constants}
        if self._table.arn:
            member, template = self._table.arn
            place = {"partition": partition_of(call.region), "region": call.region, "account": call.account_id}
            item[member] = template.format(**place, **call.params)
        with self._gateway.locked(self._table.service):
            self._items[self._key(call)] = item
        return self._shown(item)

    def read(self, call: Call) -> Item:
        return self._shown(self._get(call))

    def update(self, call: Call) -> Item:
        with self._gateway.locked(self._table.service):
            item = {**self._get(call), **self._sent(call)}
            self._items[self._key(call)] = item
        return self._shown(item)

    def delete(self, call: Call) -> Item:
        with self._gateway.locked(self._table.service):
            item = self._get(call)
            del self._items[self._key(call)]
        return self._shown(item)

    def list(self, call: Call) -> Item:
        place = {name: self._table.key.index(name) + 2 for name in self._table.within}
        wanted = (call.account_id, call.region)
        with self._gateway.locked(self._table.service):
            found = [
                dict(item)
                for key, item in self._items.items()
                if key[:2] == wanted and all(key[at] == call.params.get(name) for name, at in place.items())
            ]
        return {self._table.items: found}

    def _sent(self, call: Call) -> Item:
        sent = call.params.get(self._table.wrap) if self._table.wrap else call.params
        return {name: value for name, value in (sent or {}).items() if value is not None}

    def _shown(self, item: Item) -> Item:
        return {self._table.wrap: item} if self._table.wrap else item
