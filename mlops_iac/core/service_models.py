"""botocore's descriptions of AWS's services: read from the installed package once a process, and shared by all.

Checks in previews, the pipelines' validation and boto3's clients look at the same descriptions. With a loader each, a
preview listed botocore's four hundred folders eighteen times and an `up` held EC2's description, its largest, twice.
"""

from __future__ import annotations

import functools
import gzip
import json
import os
import threading
from pathlib import Path
from typing import Any, Final

_READING: Final = threading.RLock()
"""Two threads that want the same service wait for one reading of it."""


@functools.cache
def loader() -> Any:
    """botocore's loader, for those who need more than `get_model`: a session takes it as its `data_loader`."""
    from botocore.loaders import Loader

    return make_loader(Loader)


def make_loader(kind: type, **options: Any) -> Any:
    """A loader of botocore's class or one derived from it, that reads as `make_reader` does and lists less.

    Before it reads one description botocore looks into each of its four hundred folders, once for each kind of file,
    to know whether the service is among them. The folders' names tell as much: one that lacks the file is refused when
    the file is looked for.
    """

    from botocore.loaders import instance_cache

    class Lean(kind):
        @instance_cache
        def list_available_services(self, type_name: str) -> list[str]:
            places = [Path(place) for place in self.search_paths if Path(place).is_dir()]
            return sorted({entry.name for place in places for entry in os.scandir(place) if entry.is_dir()})

    return Lean(file_loader=make_reader(), **options)


def make_reader() -> Any:
    """What a loader reads files with: objects become plain dictionaries, which keep their order as well as botocore's
    ordered ones do, in half the time and memory."""
    from botocore.loaders import JSONFileLoader

    class Reader(JSONFileLoader):
        def load_file(self, file_path: str) -> Any:
            for path, read in ((f"{file_path}.json", Path.read_bytes), (f"{file_path}.json.gz", _unpack)):
                try:
                    return json.loads(read(Path(path)))
                except FileNotFoundError:
                    continue
            return None

    return Reader()


def get_model(service: str) -> Any:
    """The newest description of a service as a `botocore.model.ServiceModel`; raises UnknownServiceError."""
    with _READING:
        return _read_model(service)


@functools.cache
def _read_model(service: str) -> Any:
    from botocore.model import ServiceModel

    return ServiceModel(loader().load_service_model(service, "service-2"), service)


def _unpack(path: Path) -> bytes:
    return gzip.decompress(path.read_bytes())
