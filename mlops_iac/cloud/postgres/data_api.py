"""The RDS Data API: each call is one statement, in a transaction of its own or in one that was begun.

https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/data-api.html
"""

from __future__ import annotations

import base64
import contextlib
import os
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from mlops_iac.cloud.postgres import fields
from mlops_iac.cloud.postgres.binaries import HINT, find_driver, find_folder
from mlops_iac.cloud.postgres.servers import OWNER, Server, Servers
from mlops_iac.cloud.wire import AwsError, Call
from mlops_iac.core.strict_json import NotStrictJson, read_json

if TYPE_CHECKING:
    from mlops_iac.cloud.gateway import Gateway

SERVICE: Final = "rds-data"
SECONDS: Final = 45
"""A statement is stopped after them."""
IDLE: Final = 180
"""Seconds after which a transaction that nobody asked is rolled back."""
MOST_BYTES: Final = 1024 * 1024
"""Of an answer."""
_LACKING: Final = ("continueAfterTimeout", "formatRecordsAs", "resultSetOptions")
"""What AWS offers and this cloud does not; a call that asks for it is refused."""


@dataclass
class Transaction:
    connection: Any
    resource: str
    used: float = field(default_factory=time.monotonic)
    lock: threading.Lock = field(default_factory=threading.Lock)


class DataApi:
    """Transactions by id. They end with the cloud: nothing of them was committed."""

    def __init__(self, gateway: Gateway, servers: Servers) -> None:
        self._gateway, self._servers = gateway, servers
        self._transactions: dict[str, Transaction] = {}
        self._passwords: dict[Path, str] = {}
        self._lock = threading.Lock()

    def install(self) -> None:
        for operation, answer in (
            ("ExecuteStatement", self.execute),
            ("BatchExecuteStatement", self.execute_batch),
            ("BeginTransaction", self.begin),
            ("CommitTransaction", self.commit),
            ("RollbackTransaction", self.roll_back),
        ):
            self._gateway.instead(SERVICE, operation, answer)
        self._gateway.on_reset(self._end_all)
        self._gateway.on_stop(self._end_all)

    # Operations -----------------------------------------------------------------------------------------------------

    def execute(self, call: Call) -> dict[str, Any]:
        asked = call.params
        for one in _LACKING:
            if asked.get(one) not in (None, False, "NONE", {}):
                raise AwsError("NotImplementedException", f"The embedded cloud does not offer {one}; AWS does.", 501)
        with self._session(call) as connection:
            done = _run(connection, asked["sql"], asked.get("parameters") or ())
            columns = done.columns or []
            if not columns:
                return {"numberOfRecordsUpdated": max(done.row_count, 0), "generatedFields": []}
            oids = [column["type_oid"] for column in columns]
            records = [[fields.field(v, oid) for v, oid in zip(row, oids, strict=True)] for row in done.rows]
            if sum(len(str(next(iter(one.values())))) for row in records for one in row) > MOST_BYTES:
                raise _bad("Database returned more than the allowed response size limit")
        answer: dict[str, Any] = {"records": records, "numberOfRecordsUpdated": 0}
        if asked.get("includeResultMetadata"):
            answer["columnMetadata"] = [fields.metadata(column) for column in columns]
        return answer

    def execute_batch(self, call: Call) -> dict[str, Any]:
        """All of its sets, or none: outside of a transaction the call is one."""
        sets = call.params.get("parameterSets") or [()]
        with self._session(call, together=True) as connection:
            for one in sets:
                _run(connection, call.params["sql"], one)
        return {"updateResults": [{"generatedFields": []} for _ in sets]}

    def begin(self, call: Call) -> dict[str, Any]:
        connection = self._connect(call)
        _run(connection, "BEGIN")
        id = base64.b64encode(os.urandom(48)).decode()
        self._transactions[id] = Transaction(connection, call.params["resourceArn"])
        return {"transactionId": id}

    def commit(self, call: Call) -> dict[str, Any]:
        return self._end(call, "COMMIT", "Transaction Committed")

    def roll_back(self, call: Call) -> dict[str, Any]:
        return self._end(call, "ROLLBACK", "Rollback Complete")

    # Sessions -------------------------------------------------------------------------------------------------------

    @contextlib.contextmanager
    def _session(self, call: Call, *, together: bool = False) -> Iterator[Any]:
        """A connection: the transaction's that the call names, else one of its own, closed with it."""
        if call.params.get("transactionId"):
            found = self._find(call)
            self._check_secret(call, self._cluster(call))
            with found.lock:
                found.used = time.monotonic()
                yield found.connection
            return
        connection = self._connect(call)
        try:
            if together:
                _run(connection, "BEGIN")
            yield connection
            if together:
                _run(connection, "COMMIT")
        finally:
            connection.close()

    def _end(self, call: Call, sql: str, told: str) -> dict[str, Any]:
        found = self._find(call)
        self._check_secret(call, self._cluster(call))
        with found.lock:
            if self._transactions.pop(call.params["transactionId"], None) is None:
                raise _no_transaction(call)
            try:
                _run(found.connection, sql)
            finally:
                found.connection.close()
        return {"transactionStatus": told}

    def _find(self, call: Call) -> Transaction:
        self._expire()
        found = self._transactions.get(call.params["transactionId"])
        if found is None or found.resource != call.params["resourceArn"]:
            raise _no_transaction(call)
        return found

    def _expire(self) -> None:
        old = time.monotonic() - IDLE
        for id, one in list(self._transactions.items()):
            if one.used < old:
                self._transactions.pop(id, None)
                one.connection.close()

    def _end_all(self) -> None:
        for id in list(self._transactions):
            self._transactions.pop(id).connection.close()

    def _connect(self, call: Call) -> Any:
        from pg8000.exceptions import DatabaseError, InterfaceError

        cluster = self._cluster(call)
        user, password = self._check_secret(call, cluster)
        master, database = cluster["MasterUsername"], cluster.get("DatabaseName")
        server = self._servers.get(cluster["DbClusterResourceId"], master=master, database=database)
        if user == master:
            self._let_in(server, password)
        try:
            connection = server.connect(user, call.params.get("database") or database or "postgres", password)
        except (DatabaseError, InterfaceError) as error:
            # The driver fails once more when it closes what the server has closed.
            why = next((one for one in _chain(error) if isinstance(one, DatabaseError)), error)
            raise _refused(why) from error
        for oid in fields.TEXTS:
            connection.register_in_adapter(oid, str)
        _run(connection, f"SET statement_timeout = '{SECONDS}s'")
        _run(connection, f"SET idle_in_transaction_session_timeout = '{IDLE}s'")
        return connection

    def _cluster(self, call: Call) -> Mapping[str, Any]:
        arn = call.params["resourceArn"]
        here = self._gateway.clients(call.region, call.account_id)("rds").describe_db_clusters()["DBClusters"]
        cluster: Mapping[str, Any] | None = next((one for one in here if one["DBClusterArn"] == arn), None)
        if cluster is None or not cluster.get("HttpEndpointEnabled"):
            raise AwsError("HttpEndpointNotEnabledException", f"HttpEndpoint is not enabled for resource {arn}")
        if not cluster.get("DBClusterMembers"):
            raise AwsError("DatabaseNotFoundException", f"The DB cluster {arn} doesn't have a DB instance.", 404)
        if not (find_folder() and find_driver()):
            words = f"There is no PostgreSQL on this machine for the embedded cloud to ask. Install one: {HINT}"
            raise AwsError("NotImplementedException", words, 501)
        return cluster

    def _check_secret(self, call: Call, cluster: Mapping[str, Any]) -> tuple[str, str]:
        """The user and the password, read with the caller's own rights. The master's are known: others', PostgreSQL
        has."""
        client = self._gateway.roles.as_caller(call)("secretsmanager")
        secret = call.params["secretArn"]
        try:
            known = read_json(client.get_secret_value(SecretId=secret)["SecretString"])
        except client.exceptions.ClientError as error:
            words = f"Error fetching secret {secret} : {error.response['Error'].get('Message', '')}"
            raise _bad(words) from error
        except NotStrictJson:
            known = None
        if not isinstance(known, dict) or not (known.get("username") and known.get("password")):
            raise AwsError("InvalidSecretException", f"The secret {secret} has no username and password.")
        user, password = str(known["username"]), str(known["password"])
        if user == OWNER or (user == cluster["MasterUsername"] and password != self._master_password(call)):
            raise _bad(f'FATAL: password authentication failed for user "{user}"; SQLState: 28P01')
        return user, password

    def _master_password(self, call: Call) -> str | None:
        from mlops_iac.cloud.moto_patches.rds import master_password

        with self._gateway.locked("rds"):
            return master_password(call.account_id, call.region, call.params["resourceArn"])

    def _let_in(self, server: Server, password: str) -> None:
        """RDS sets the master's password, at the making and at each rotation."""
        from pg8000.native import identifier, literal

        with self._lock:
            if self._passwords.get(server.socket) == password:
                return
            connection = server.connect(OWNER, "postgres")
            try:
                connection.run(f"ALTER ROLE {identifier(server.master)} PASSWORD {literal(password)}")
            finally:
                connection.close()
            self._passwords[server.socket] = password


def _run(connection: Any, sql: str, given: Sequence[Mapping[str, Any]] = ()) -> Any:
    """By the extended protocol, which takes one statement only, as the Data API does."""
    from pg8000.exceptions import DatabaseError, InterfaceError
    from pg8000.native import to_statement

    values, types = fields.parameters(given)
    try:
        statement, make = to_statement(sql)
        return connection.execute_unnamed(statement, make(values), oids=make(types))
    except DatabaseError as error:
        raise _refused(error) from error
    except InterfaceError as error:
        raise _bad(str(error)) from error


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__context__


def _refused(error: BaseException) -> AwsError:
    """PostgreSQL's words, as AWS tells them."""
    told = error.args[0] if error.args and isinstance(error.args[0], dict) else {}
    words = f"{told.get('S', 'ERROR')}: {told.get('M', error)}"
    code = told.get("C", "")
    if code == "57014":
        return AwsError("StatementTimeoutException", f"Request timed out after {SECONDS} seconds")
    position = f"\n  Position: {told['P']}" if told.get("P") else ""
    return AwsError("DatabaseErrorException", f"{words}{position}; SQLState: {code}")


def _bad(message: str) -> AwsError:
    return AwsError("BadRequestException", message)


def _no_transaction(call: Call) -> AwsError:
    words = f"Transaction {call.params['transactionId']} is not found"
    return AwsError("TransactionNotFoundException", words, 404)
