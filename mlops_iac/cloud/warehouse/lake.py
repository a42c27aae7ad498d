"""What COPY reads and UNLOAD writes: objects of the emulated S3, in the role that the statement names."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from mlops_iac.cloud.athena.types import literal, quoted
from mlops_iac.cloud.warehouse.copying import Copy, Options, Unload
from mlops_iac.cloud.warehouse.failure import StatementFailed, not_emulated

if TYPE_CHECKING:
    from mlops_iac.cloud.gateway import Gateway

SERVICE: Final = "redshift-serverless.amazonaws.com"
_BAR: Final = "|"
"""What stands between values where nobody says."""


class RoleOfStatement:
    """The clients of one statement's role. Raises `StatementFailed` where Redshift may not work in it."""

    def __init__(self, gateway: Gateway, namespace: Mapping[str, Any], region: str, asked: str) -> None:
        from mlops_iac.cloud.iam.assuming import CannotAssume

        role = namespace.get("defaultIamRoleArn", "") if asked.lower() == "default" else asked
        if not role:
            raise StatementFailed("There is no default IAM role of the namespace.")
        if role not in namespace["iamRoles"]:
            raise StatementFailed(f"The role {role} is not associated to the namespace {namespace['namespaceName']}.")
        try:
            self._clients = gateway.roles.clients(role, SERVICE, "redshift", region, namespace["namespaceArn"])
        except CannotAssume as error:
            raise StatementFailed(f"Not authorized to get credentials of role {role}") from error

    @property
    def s3(self) -> Any:
        return self._clients("s3")


def read(cursor: Any, copy: Copy, table: str, role: RoleOfStatement, work: Path) -> int:
    """Load what lies under the place into a table; answers how many rows. One bad value, and nothing is loaded."""
    files = list(_fetch(role.s3, copy.place, work))
    try:
        columns = copy.columns or tuple(name for name, _ in _columns(cursor, table))
        kinds = dict(_columns(cursor, table))
        strangers = [name for name in columns if name not in kinds]
        if strangers:
            raise StatementFailed(f'column "{strangers[0]}" of relation does not exist')
        source = _source(copy.options, columns, kinds, files)
        named = ", ".join(map(quoted, columns))
        done = cursor.execute(f"INSERT INTO {_sql_name(table)} ({named}) {source}").fetchone()
        return int(done[0])
    finally:
        for path in files:
            path.unlink(missing_ok=True)


def write(cursor: Any, unload: Unload, sql: str, role: RoleOfStatement, work: Path) -> int:
    """The answer as one file, and how many rows it has."""
    bucket, prefix = _split(unload.place)
    options, s3 = unload.options, role.s3
    _make_room(s3, bucket, prefix, options)
    copy_options, ending = _written(options)
    path = work / f"{uuid.uuid4()}.out"
    try:
        rows = int(cursor.execute(f"COPY ({sql}) TO {literal(str(path))} ({copy_options})").fetchone()[0])
        with path.open("rb") as body:
            _call(s3.put_object, Bucket=bucket, Key=f"{prefix}0000_part_00{ending}", Body=body, **_sealed(options))
        return rows
    finally:
        path.unlink(missing_ok=True)


# Reading ------------------------------------------------------------------------------------------------------------


def _fetch(s3: Any, place: str, work: Path) -> Iterator[Path]:
    bucket, prefix = _split(place)
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    found = [one["Key"] for page in _call(list, pages) for one in page.get("Contents", ()) if one["Size"]]
    if not found:
        raise StatementFailed(f"The specified S3 prefix '{prefix}' does not exist")
    for name in found:
        path = work / f"{uuid.uuid4()}{'.gz' if name.endswith('.gz') else ''}"
        body = _call(s3.get_object, Bucket=bucket, Key=name)["Body"]
        with path.open("wb") as file:
            for chunk in body.iter_chunks(1 << 20):
                file.write(chunk)
        yield path


def _columns(cursor: Any, table: str) -> list[tuple[str, str]]:
    return [(row[0], row[1]) for row in cursor.execute(f"DESCRIBE {_sql_name(table)}").fetchall()]


def _source(options: Options, columns: tuple[str, ...], kinds: Mapping[str, str], files: list[Path]) -> str:
    listed = "[" + ", ".join(literal(str(path)) for path in files) + "]"
    typed = ", ".join(f"{quoted(name)}: {literal(kinds[name])}" for name in columns)
    packed = "gzip" if "GZIP" in options else "none"
    if options.format == "PARQUET":
        return f"SELECT * FROM read_parquet({listed})"  # by position, as Redshift reads it
    if options.format == "JSON":
        if options.get("JSON").lower() not in ("auto", "auto ignorecase"):
            raise not_emulated("COPY of JSON by a file of paths: only 'auto'")
        return f"SELECT * FROM read_json({listed}, columns={{{typed}}}, compression={literal(packed)})"
    for word in ("DATEFORMAT", "TIMEFORMAT"):
        if options.get(word, "auto").lower() != "auto":
            raise not_emulated(f"COPY with {word} {options.get(word)}: only 'auto'")
    csv = options.format == "CSV"
    settings = {
        "columns": f"{{{typed}}}",
        "header": "false",
        "auto_detect": "false",
        "skip": str(int(options.get("IGNOREHEADER", "0"))),
        "delim": literal(_delimiter(options)),
        "quote": literal('"' if csv else ""),
        "escape": literal('"' if csv else ""),
        "compression": literal(packed),
        "nullstr": literal("") if csv or {"EMPTYASNULL", "BLANKSASNULL"} & {*options.given} else literal("\\N"),
    }
    return f"SELECT * FROM read_csv({listed}, {', '.join(f'{name}={value}' for name, value in settings.items())})"


def _delimiter(options: Options) -> str:
    given = options.get("DELIMITER", "," if options.format == "CSV" else _BAR)
    return "\t" if given == "\\t" else given


# Writing ------------------------------------------------------------------------------------------------------------


def _make_room(s3: Any, bucket: str, prefix: str, options: Options) -> None:
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    there = [one["Key"] for page in _call(list, pages) for one in page.get("Contents", ())]
    if there and "CLEANPATH" in options:
        for name in there:
            _call(s3.delete_object, Bucket=bucket, Key=name)
    elif there and "ALLOWOVERWRITE" not in options:
        raise StatementFailed(
            f"Specified unload destination on S3 is not empty. Consider using a different bucket / prefix, manually "
            f"removing the target files in S3, or using the ALLOWOVERWRITE option: s3://{bucket}/{prefix}"
        )


def _written(options: Options) -> tuple[str, str]:
    """DuckDB's options of COPY, and how the file's name ends."""
    if options.format == "PARQUET":
        return "FORMAT parquet", ".parquet"
    packed = "GZIP" in options
    extension = options.get("EXTENSION")
    ending = f".{extension.lstrip('.')}" if extension else ".gz" if packed else ""
    compressed = f", COMPRESSION {'gzip' if packed else 'uncompressed'}"
    if options.format == "JSON":
        return f"FORMAT json{compressed}", ending
    header = "true" if "HEADER" in options else "false"
    quotes = "" if options.format == "CSV" else ", QUOTE ''"
    return f"FORMAT csv, HEADER {header}, DELIM {literal(_delimiter(options))}{quotes}{compressed}", ending


def _sealed(options: Options) -> dict[str, str]:
    """With the key that is named, else by S3's own key."""
    key = options.get("KMS_KEY_ID")
    if key and "ENCRYPTED" in options:
        return {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": key}
    if key:
        raise StatementFailed("KMS_KEY_ID is used with ENCRYPTED")
    if "ENCRYPTED" in options:
        raise StatementFailed("ENCRYPTED needs a KMS_KEY_ID")
    return {"ServerSideEncryption": "AES256"}


# Both ---------------------------------------------------------------------------------------------------------------


def _split(place: str) -> tuple[str, str]:
    scheme, _, rest = place.partition("://")
    bucket, _, prefix = rest.partition("/")
    if scheme != "s3" or not bucket:
        raise StatementFailed(f"The S3 path {place} is invalid")
    return bucket, prefix


def _call(fn: Any, *arguments: Any, **params: Any) -> Any:
    """What S3 refuses is told as Redshift tells it."""
    from botocore.exceptions import ClientError

    try:
        return fn(*arguments, **params)
    except ClientError as error:
        told = error.response["Error"]
        raise StatementFailed(f"S3ServiceException:{told.get('Message', '')},Error {told.get('Code', '')}") from error


def _sql_name(name: str) -> str:
    return ".".join(quoted(part) for part in name.split("."))
