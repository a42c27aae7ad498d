"""The folder that one cloud keeps its state in, held open for as long as the cloud lives.

A folder can be deleted and made anew under a process that serves it, and then another process serves the new one. What
the first saves after that would take the place of the other's state. So it is written into the folder that was opened,
which has no place for it any more, and never to a path, which may lead elsewhere by then.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import Final

from mlops_iac.core.strict_json import read_json_file

RECORD: Final = "cloud.json"
"""Says which process serves the folder, and where; see `address`."""

SNAPSHOT: Final = "cloud.snap"

UNSAVED: Final = "unsaved"
"""Says that something changed which no snapshot holds."""


def previous(name: str) -> str:
    """What a file's last content but one is kept as."""
    return f"{name}.previous"


class Home:
    """The folder at ``path``, made when it is not there. Only this person can look into it."""

    def __init__(self, path: Path) -> None:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.chmod(0o700)
        self.path = path
        self.descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)  # kept open: no other folder gets its number

    def is_ours(self) -> bool:
        """Is the path still the folder that was opened, and does its record name no other process?

        Nobody finds a cloud whose folder was deleted, or whose record another process replaced.
        """
        try:
            if not os.path.samestat(self.path.stat(), os.fstat(self.descriptor)):
                return False
            return bool(read_json_file(self.path / RECORD)["pid"] == os.getpid())
        except FileNotFoundError:
            return self.path.exists()
        except OSError:
            return False
        except (ValueError, KeyError, TypeError):
            return True  # damaged: the next start writes it anew, and then it names another

    def write(self, name: str, content: bytes) -> None:
        """Write it durably, read it back, and only then let it take the old one's place. OSError changes nothing.

        What it was before stays as ``….previous``.
        """
        temporary = f".{name}.{os.getpid()}"
        descriptor = os.open(temporary, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600, dir_fd=self.descriptor)
        try:
            with os.fdopen(descriptor, "w+b") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
                file.seek(0)
                if file.read() != content:
                    raise OSError("what was written could not be read back")
            with contextlib.suppress(FileNotFoundError):  # the first of that name
                self._rename(name, previous(name))
            self._rename(temporary, name)
        except OSError:
            self.remove(temporary)
            raise

    def touch(self, name: str) -> None:
        """An empty file of that name."""
        os.close(os.open(name, os.O_WRONLY | os.O_CREAT, 0o600, dir_fd=self.descriptor))

    def remove(self, name: str) -> None:
        """The file of that name, where there is one."""
        with contextlib.suppress(FileNotFoundError):
            os.unlink(name, dir_fd=self.descriptor)

    def _rename(self, name: str, to: str) -> None:
        os.replace(name, to, src_dir_fd=self.descriptor, dst_dir_fd=self.descriptor)
