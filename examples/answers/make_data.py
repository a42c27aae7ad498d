"""Make data/ from the documentation that Python itself ships: what each public name of its standard library is.

Each name gives two records: its kind (`json.dumps is a` → `function`) and the first line of its documentation. A tenth
of the names is kept for the test, and their kinds are the task suite: names that the model has never seen. Which names
there are depends on the Python that runs this.

    python make_data.py
"""

from __future__ import annotations

import hashlib
import importlib
import inspect
import json
from collections.abc import Iterator
from pathlib import Path

from records import SUITE, TEST, TRAIN, Record, write

HERE = Path(__file__).parent
MODULES = """
abc argparse array ast asyncio base64 bisect builtins bz2 calendar cmath cmd code codecs collections colorsys
concurrent.futures configparser contextlib copy csv ctypes curses dataclasses datetime decimal difflib dis doctest
email.message enum fileinput fnmatch fractions ftplib functools gettext glob gzip hashlib heapq hmac html http
http.client http.cookies http.server imaplib inspect io ipaddress itertools json keyword linecache locale logging
logging.handlers lzma mailbox math mimetypes mmap multiprocessing netrc numbers operator optparse os os.path pathlib
pickle pickletools pkgutil platform plistlib poplib pprint profile queue quopri random re reprlib runpy sched
secrets select selectors shelve shlex shutil signal smtplib socket socketserver sqlite3 ssl stat statistics string
struct subprocess symtable sys sysconfig tarfile tempfile textwrap threading time timeit tokenize trace traceback
tracemalloc types typing unicodedata unittest unittest.mock urllib.parse urllib.request uuid warnings wave weakref
webbrowser xml.dom xml.etree.ElementTree xml.sax xmlrpc.client zipfile zlib zoneinfo
"""
LONGEST = 120
"""Bytes of a record: what the model's context takes, with room to spare."""
PARTS = {0: "test"}
"""Of ten parts of the names; the rest is trained on."""


def kind_of(value: object) -> str | None:
    if inspect.isclass(value):
        return "exception" if issubclass(value, BaseException) else "class"
    if inspect.isroutine(value):
        return "function"
    return "constant" if isinstance(value, int | float | str) else None


def names() -> Iterator[tuple[str, str, str]]:
    """Name, kind, and the first line of its documentation where it has one of its own."""
    said = set[str]()
    for module_name in MODULES.split():
        try:
            module = importlib.import_module(module_name)
        except ImportError:  # not on this system, such as curses on Windows
            continue
        for name in sorted(getattr(module, "__all__", dir(module))):
            value, kind = getattr(module, name, None), kind_of(getattr(module, name, None))
            if kind is None or name.startswith("_"):
                continue
            whole = f"{module_name}.{name}"
            text = (inspect.getdoc(value) or "").partition("\n")[0] if kind != "constant" else ""
            # `Str` and `str` of one module, or two names of one thing: said once.
            own = text if text.isascii() and text.lower() not in said else ""
            if whole.lower() not in said:
                yield whole, kind, own
            said |= {whole.lower(), text.lower()}


def part_of(name: str) -> str:
    """By its last word: the same name in two modules must not be trained on and asked for."""
    number = int(hashlib.sha256(name.rpartition(".")[2].lower().encode()).hexdigest(), 16) % 10
    return PARTS.get(number, "train")


def main() -> None:
    parts: dict[str, list[Record]] = {"train": [], "test": [], "suite": []}
    for name, kind, text in names():
        part = part_of(name)
        parts["suite" if part == "test" else part].append(Record(f"{name} is a", kind))
        if text and Record(f"{name}:", text).length <= LONGEST:
            parts[part].append(Record(f"{name}:", text))
    for file, part in ((TRAIN, "train"), (TEST, "test"), (SUITE, "suite")):
        write(HERE / "data" / file, parts[part])
        print(f"{file}: {len(parts[part]):,} records")
    asked = [parts["suite"][0].prompt, "json.dumps is a", "KeyError is a"]
    (HERE / "sample.json").write_text(json.dumps({"instances": asked}, indent=1) + "\n")


if __name__ == "__main__":
    main()
