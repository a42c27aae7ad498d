"""What CREATE TABLE says of a table that DuckDB knows otherwise: how it lies, which is nothing here, and lengths."""

from __future__ import annotations

from typing import Any

from mlops_iac.cloud.warehouse.failure import not_emulated

USUAL_LENGTH, LONGEST = 256, 65535
"""Bytes of a VARCHAR where nobody says, and of VARCHAR(MAX).
https://docs.aws.amazon.com/redshift/latest/dg/r_Character_types.html"""


def plain_table(tree: Any) -> None:
    """Take out of a CREATE what does not change what the table says, and keep lengths as checks.

    Keys are information to Redshift's planner, which does not hold anybody to them:
    https://docs.aws.amazon.com/redshift/latest/dg/t_Defining_constraints.html
    """
    from sqlglot import exp

    _drop_properties(tree)
    schema = tree.this
    if not isinstance(schema, exp.Schema):
        return
    informative = (exp.PrimaryKey, exp.ForeignKey, exp.UniqueColumnConstraint, exp.Constraint)
    kept = [each for each in schema.expressions if not isinstance(each, informative)]
    for each in kept:
        if isinstance(each, exp.ColumnDef):
            _plain_column(each)
        elif not isinstance(each, exp.Identifier):
            raise not_emulated(f"{each.sql('redshift')} in a table")
    schema.set("expressions", kept)


def _drop_properties(tree: Any) -> None:
    from sqlglot import exp

    found = tree.args.get("properties")
    if found is None:
        return
    dropped = (exp.DistKeyProperty, exp.DistStyleProperty, exp.SortKeyProperty, exp.BackupProperty)
    kept = [each for each in found.expressions if not isinstance(each, dropped)]
    allowed = (exp.TemporaryProperty, exp.WithSchemaBindingProperty)
    for each in kept:
        if not isinstance(each, allowed):
            raise not_emulated(f"{each.sql('redshift')} of a table")
    kept = [each for each in kept if isinstance(each, exp.TemporaryProperty)]
    found.set("expressions", kept)


def _plain_column(column: Any) -> None:
    from sqlglot import exp

    dropped = (
        exp.EncodeColumnConstraint,
        exp.PrimaryKeyColumnConstraint,
        exp.UniqueColumnConstraint,
        exp.Reference,
    )
    kept = []
    for one in column.args.get("constraints") or ():
        if isinstance(one.kind, exp.GeneratedAsIdentityColumnConstraint):
            raise not_emulated("IDENTITY columns")
        if isinstance(one.kind, exp.NotNullColumnConstraint | exp.DefaultColumnConstraint):
            kept.append(one)
        elif not isinstance(one.kind, dropped):
            raise not_emulated(f"{one.sql('redshift')} of a column")
    length = _length(column.kind)
    if length:
        size = exp.Anonymous(this="strlen", expressions=[exp.column(column.name, quoted=True)])
        check = exp.CheckColumnConstraint(this=exp.LTE(this=size, expression=exp.Literal.number(length)))
        kept.append(exp.ColumnConstraint(kind=check))
        column.set("kind", exp.DataType.build("text"))
    column.set("constraints", kept)


def _length(kind: Any) -> int:
    """Bytes that a text column takes; 0 for what is no text."""
    from sqlglot import exp

    if kind is None or kind.this not in exp.DataType.TEXT_TYPES:
        return 0
    given = kind.expressions[0].name if kind.expressions else ""
    if given.lower() == "max":
        return LONGEST
    one = kind.this in (exp.DataType.Type.CHAR, exp.DataType.Type.NCHAR)
    return int(given) if given.isdigit() else 1 if one else USUAL_LENGTH
