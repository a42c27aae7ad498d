"""``mlops-iac data``: the environment's lake."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mlops_iac.cli.environments import open_environment
from mlops_iac.cli.group import make_group
from mlops_iac.cli.options import CloudName, CloudOption, JsonOption, StackArgument

app = make_group("The lake's data: put files there, list them.")


@app.command()
def put(
    stack: StackArgument,
    path: Annotated[Path, typer.Argument(help="A file, or a folder: all files in it.")],
    zone: Annotated[str, typer.Argument(help="Where to: a zone, or a place in one, such as raw/2026/.")],
    cloud: CloudOption = CloudName.EMBEDDED,
    json: JsonOption = False,
) -> None:
    """Upload files into the lake, encrypted and tagged as it demands. Unchanged files are skipped.

    Example: mlops-iac data put screening-dev examples/screening/data raw/
    """
    from mlops_iac.cli.console import say, show_json
    from mlops_iac.runs.data import put as upload

    opened = open_environment(stack, cloud)
    done = []
    for one in upload(opened.environment, opened.clients, path, zone):
        done.append(one)
        if not json:
            say(f"  {one.outcome:<9} {render_size(one.size):>10}  {one.key}")
    opened.keep()
    if json:
        files = [{"file": str(one.file), "key": one.key, "size": one.size, "outcome": one.outcome} for one in done]
        show_json({"bucket": opened.environment.lake.bucket, "files": files})
    else:
        uploaded = sum(one.outcome == "uploaded" for one in done)
        say(f"{uploaded} uploaded, {len(done) - uploaded} unchanged, in s3://{opened.environment.lake.bucket}/")


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


def render_size(size: float) -> str:
    """``118.5 KiB``"""
    for unit in ("B", "KiB", "MiB", "GiB"):
        if size < 1024 or unit == "GiB":
            break
        size /= 1024
    return f"{size:.0f} B" if unit == "B" else f"{size:.1f} {unit}"
