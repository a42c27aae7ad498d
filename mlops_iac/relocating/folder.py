"""A folder of states: Pulumi's file backend, and that of the embedded engine."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mlops_iac.core.errors import StateError
from mlops_iac.engine.state.files import explained, make_folder, write_file
from mlops_iac.engine.state.lock import locked
from mlops_iac.engine.state.state_file import ORGANIZATION


class FolderPlace:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.url = f"file://{folder}"

    def read(self, key: str) -> str | None:
        path = self.folder / key
        try:
            return path.read_text("utf-8")
        except FileNotFoundError:
            return None
        except (OSError, UnicodeDecodeError) as error:
            raise StateError("The state cannot be read.", f"{path}: {error}", hint="make the file readable.") from error

    def write(self, key: str, text: str) -> None:
        path = self.folder / key
        make_folder(path.parent)
        write_file(path, text)

    def delete(self, key: str) -> None:
        path = self.folder / key
        with explained(path):
            path.unlink(missing_ok=True)

    def keys(self, prefix: str) -> list[str]:
        found = (path for path in (self.folder / prefix).rglob("*") if path.is_file() and not path.name.startswith("."))
        return sorted(path.relative_to(self.folder).as_posix() for path in found)

    @contextmanager
    def held(self, project: str, stack: str) -> Iterator[None]:
        with locked(self.folder / ".pulumi/locks" / ORGANIZATION / project / stack, stack):
            yield
