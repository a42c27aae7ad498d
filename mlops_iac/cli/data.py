"""``mlops-iac data``: the environment's lake."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mlops_iac.cli.environments import open_environment
from mlops_iac.cli.group import make_group
from mlops_iac.cli.options import CloudName, CloudOption, JsonOption, StackArgument, YesOption

if TYPE_CHECKING:
    from mlops_iac.cli.environments import Opened
    from mlops_iac.runs.data_versions import DataVersion

app = make_group("The lake's data: put files there, get, list and delete them, and its versions.")


@app.command()
def put(
    stack: StackArgument,
    path: Annotated[Path, typer.Argument(help="A file, or a folder: all files in it.")],
    zone: Annotated[
        str, typer.Argument(help="Where to: a zone, a place in one (raw/2026/), or a file's name (raw/table.csv).")
    ],
    cloud: CloudOption = CloudName.EMBEDDED,
    json: JsonOption = False,
) -> None:
    """Upload files into the lake, encrypted and tagged as it demands. Unchanged files are skipped.

    Example: mlops-iac data put screening-dev examples/screening/data raw/
    """
    from mlops_iac.cli.console import say, show_json
    from mlops_iac.runs.data import put as upload

    def note(text: str) -> None:
        if not json:
            say(f"  {text}")

    opened = open_environment(stack, cloud)
    done = []
    for one in upload(opened.environment, opened.clients, path, zone, say=note):
        done.append(one)
        if not json:
            say(f"  {one.outcome:<9} {render_size(one.size):>10}  {one.key}")
    versions = name_what_was_put(opened, zone) if done else []
    opened.keep()
    if json:
        files = [{"file": str(one.file), "key": one.key, "size": one.size, "outcome": one.outcome} for one in done]
        named = [one.to_json() for one in versions]
        show_json({"bucket": opened.environment.lake.bucket, "files": files, "versions": named})
    else:
        uploaded = sum(one.outcome == "uploaded" for one in done)
        say(f"{uploaded} uploaded, {len(done) - uploaded} unchanged, in s3://{opened.environment.lake.bucket}/")
        for version in versions:
            say(f"Version {version.id} of {version.prefix}")


def name_what_was_put(opened: Opened, place: str) -> list[DataVersion]:
    """It was put: that no version of it can be named is said, and fails nothing."""
    from mlops_iac.cli.console import say
    from mlops_iac.core.errors import CloudError
    from mlops_iac.runs.data import key_prefix
    from mlops_iac.runs.data_versions import mark

    try:
        return mark(opened.environment, opened.clients, key_prefix(opened.environment, place))
    except CloudError as error:
        say(f"It was put, and no version was named: {error.detail}")
        return []


@app.command()
def mark(
    stack: StackArgument,
    place: Annotated[str, typer.Argument(help="A zone, or a place in one (raw/2026/).")] = "raw/",
    cloud: CloudOption = CloudName.EMBEDDED,
    json: JsonOption = False,
) -> None:
    """Name what lies there now as a version: for data that came in another way than by `data put`.

    Named is what pipelines read around the place; the place itself where none reads it.

    Example: mlops-iac data mark screening-dev raw/
    """
    from mlops_iac.cli.console import say, show, show_json
    from mlops_iac.runs.data import zone_prefix
    from mlops_iac.runs.data_versions import mark as name_versions

    opened = open_environment(stack, cloud)
    prefix = zone_prefix(opened.environment, place)
    versions = name_versions(opened.environment, opened.clients, prefix)
    opened.keep()
    if json:
        show_json({"bucket": opened.environment.lake.bucket, "versions": [one.to_json() for one in versions]})
        return
    for one in versions:
        show(f"{one.id}  {one.prefix}")
    if not versions:
        say(f"Nothing lies in {prefix}, or more than a version can name.")


@app.command()
def versions(
    stack: StackArgument,
    id: Annotated[
        str, typer.Argument(help="A version, or the beginning of one: its objects. Left out: all versions.")
    ] = "",
    cloud: CloudOption = CloudName.EMBEDDED,
    json: JsonOption = False,
) -> None:
    """List versions of the data, the newest first, or the objects of one.

    A version is what lay below a prefix at one moment, object by object; `run --data-version` reads it again.

    Example: mlops-iac data versions screening-dev
    """
    from mlops_iac.cli.console import say, show, show_json
    from mlops_iac.runs.data_versions import list_versions

    opened = open_environment(stack, cloud)
    if id:
        show_objects(opened, id, json=json)
        return
    found = list_versions(opened.environment, opened.clients)
    if json:
        show_json({"bucket": opened.environment.lake.bucket, "versions": [one.to_json() for one in found]})
        return
    for one in found:
        count = f"{one.objects:,} object{'' if one.objects == 1 else 's'}"
        show(f"{one.id}  {one.at}  {count:>13} {render_size(one.bytes):>10}  {one.prefix}  {one.by}")
    if not found:
        say(f"No version was named yet: `mlops-iac data put {stack} PATH raw/` does, and each run.")


def show_objects(opened: Opened, id: str, *, json: bool) -> None:
    from mlops_iac.cli.console import say, show, show_json
    from mlops_iac.runs.data_versions import find_missing, get_manifest

    manifest = get_manifest(opened.environment, opened.clients, id)
    gone = {*find_missing(opened.environment, opened.clients, manifest)}
    if json:
        show_json({"id": manifest.digest, **manifest.to_json(), "missing": sorted(gone)})
        return
    for one in manifest.objects:
        show(f"{render_size(one.size):>10}  {one.key}  {one.version_id}{'  GONE' if one.key in gone else ''}")
    if gone:
        say(f"{len(gone):,} of {len(manifest.objects):,} were deleted or have expired: no run can read this version.")


@app.command("ls")
def list_objects(
    stack: StackArgument,
    prefix: Annotated[str, typer.Argument(help="A zone, or a place in one. Left out: all zones.")] = "",
    cloud: CloudOption = CloudName.EMBEDDED,
    json: JsonOption = False,
) -> None:
    """List what is in the lake.

    Example: mlops-iac data ls screening-dev raw/
    """
    from mlops_iac.cli.console import say, show, show_json
    from mlops_iac.runs.data import list_data

    opened = open_environment(stack, cloud)
    found = list(list_data(opened.environment, opened.clients, prefix))
    if json:
        objects = [{"key": one.key, "size": one.size, "modified": one.modified.isoformat()} for one in found]
        show_json({"bucket": opened.environment.lake.bucket, "objects": objects})
        return
    for one in found:
        show(f"{one.modified:%Y-%m-%d %H:%M:%S} {render_size(one.size):>10}  {one.key}")
    if not found:
        say(f"Nothing there. Put some: mlops-iac data put {stack} PATH raw/")


@app.command()
def get(
    stack: StackArgument,
    place: Annotated[str, typer.Argument(help="A file, or a place that ends in a slash: all files below it.")],
    target: Annotated[Path, typer.Argument(help="The file or folder to write to.")] = Path("."),
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Also where other files are in the way.")] = False,
    cloud: CloudOption = CloudName.EMBEDDED,
    json: JsonOption = False,
) -> None:
    """Download files from the lake. Unchanged files are skipped.

    Example: mlops-iac data get screening-dev raw/breast_cancer.csv table.csv
    """
    from mlops_iac.cli.console import say, show_json
    from mlops_iac.runs.fetching import get as download

    opened = open_environment(stack, cloud)
    done = []
    for one in download(opened.environment, opened.clients, place, target, overwrite=overwrite):
        done.append(one)
        if not json:
            say(f"  {one.outcome:<10} {render_size(one.size):>10}  {one.file}")
    if json:
        files = [{"key": one.key, "file": str(one.file), "size": one.size, "outcome": one.outcome} for one in done]
        show_json({"bucket": opened.environment.lake.bucket, "files": files})


@app.command()
def rm(
    stack: StackArgument,
    place: Annotated[str, typer.Argument(help="A file, or a place that ends in a slash: all files below it.")],
    yes: YesOption = False,
    cloud: CloudOption = CloudName.EMBEDDED,
    json: JsonOption = False,
) -> None:
    """Delete files from the lake. Their versions stay: S3 hides a deleted file behind a marker.

    Example: mlops-iac data rm screening-dev raw/wrong.csv --yes
    """
    from mlops_iac.cli.console import say, show_json
    from mlops_iac.cli.operations import confirm
    from mlops_iac.runs.data import find_stored
    from mlops_iac.runs.fetching import remove

    opened = open_environment(stack, cloud)
    found = find_stored(opened.environment, opened.clients, place)
    what = found[0].key if len(found) == 1 else f"{len(found)} files below {place}"
    confirm(f"Delete {what} from the lake of {stack}?", yes=yes, json=json)
    gone = []
    for one in remove(opened.environment, opened.clients, found):
        gone.append(one.key)
        if not json:
            say(f"  deleted {render_size(one.size):>10}  {one.key}")
    opened.keep()
    if json:
        show_json({"bucket": opened.environment.lake.bucket, "deleted": gone})
    else:
        say(f"{len(gone)} deleted; their versions stay in s3://{opened.environment.lake.bucket}/")


def render_size(size: float) -> str:
    """``118.5 KiB``"""
    for unit in ("B", "KiB", "MiB", "GiB"):
        if size < 1024 or unit == "GiB":
            break
        size /= 1024
    return f"{size:.0f} B" if unit == "B" else f"{size:.1f} {unit}"
