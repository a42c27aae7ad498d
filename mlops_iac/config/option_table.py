"""A model of options as a flat table: one row for each setting a person may write, by its dotted path."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from mlops_iac.config.models import allowed_values, is_section, tag_key, tags_of, union_members, without_none

_NO_DEFAULT = object()


@dataclass(frozen=True)
class OptionRow:
    path: str
    """Dotted, as in errors. `serving(realtime).instance_type`: only when serving is of that kind."""
    description: str
    required: bool
    default: Any
    has_default: bool
    allowed: str
    """Values allowed, in words; empty when anything of the right type is."""

    def to_json(self) -> dict[str, Any]:
        row = {
            "path": self.path,
            "description": self.description,
            "required": self.required,
            "allowed": self.allowed,
        }
        return row | ({"default": self.default} if self.has_default else {})


def option_table(model: type[BaseModel], prefix: str = "", given: Any = _NO_DEFAULT) -> Iterator[OptionRow]:
    """Rows in the model's order. `given` is the default of the section as a whole, which its own defaults yield to."""
    for name, field in model.model_fields.items():
        path = f"{prefix}{field.alias or name}"
        default = _default(field, name, given)
        annotation = without_none(Annotated[field.annotation, *field.metadata] if field.metadata else field.annotation)
        members = [member for member in union_members(annotation) if is_section(member)]
        if is_section(annotation):
            yield from option_table(annotation, f"{path}.", default)
        elif members:
            yield from _union_rows(path, field, members, default)
        else:
            yield OptionRow(
                path=path,
                description=field.description or "",
                required=field.is_required() and default is _NO_DEFAULT,
                default=None if default is _NO_DEFAULT else plain(default),
                has_default=default is not _NO_DEFAULT,
                allowed=allowed_values(field.annotation, field.metadata),
            )


def _default(field: FieldInfo, name: str, given: Any) -> Any:
    if isinstance(given, BaseModel):
        return getattr(given, name)
    return _NO_DEFAULT if field.is_required() else field.get_default(call_default_factory=True)


def _union_rows(path: str, field: FieldInfo, members: list[Any], default: Any) -> Iterator[OptionRow]:
    """The choice itself, then the settings of each kind."""
    key = tag_key(field)
    chosen = default if isinstance(default, BaseModel) else None
    kinds = {tags_of(member, key)[0]: member for member in members} if key else {m.__name__: m for m in members}
    if key:
        yield OptionRow(
            path=f"{path}.{key}",
            description=field.description or "",
            required=field.is_required(),
            default=getattr(chosen, key, None),
            has_default=chosen is not None,
            allowed=", ".join(kinds),
        )
    for kind, member in kinds.items():
        given = chosen if type(chosen) is without_none(member) else _NO_DEFAULT
        for row in option_table(without_none(member), f"{path}({kind}).", given):
            if not key or not row.path.endswith(f"({kind}).{key}"):
                yield row


def plain(value: Any) -> Any:
    """A default as plain values, named as they are in a stack file; what is not set is left out."""
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json", by_alias=True, exclude_none=True)
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return getattr(value, "value", value)
