"""How a distributed Map reads its list from a file of JSON, or of lines of JSON.

moto knows no lines of JSON, and a file that is no JSON, is empty or is not there ends its interpreter instead of the
Map.

https://docs.aws.amazon.com/step-functions/latest/dg/input-output-itemreader.html
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, Final

from mlops_iac.cloud.interpreters.step_functions.moto_asl import PACKAGE, module
from mlops_iac.core.strict_json import NotStrictJson, read_json

READER_FAILED: Final = "States.ItemReaderFailed"
_READER: Final = f"{PACKAGE}.component.state.exec.state_map.item_reader"


def install() -> None:
    """Put it into moto's interpreter."""
    types, reader = module(f"{_READER}.reader_config.input_type"), module(f"{_READER}.item_reader_decl")
    objects = module(f"{_READER}.eval.resource_eval_s3").ResourceEvalS3
    objects._handle_get_object = staticmethod(_telling(objects._handle_get_object))
    transformer_for = reader.resource_output_transformer_for
    transformer_for = getattr(transformer_for, "original", transformer_for)

    def take(component: Any, input_type: str) -> None:
        component.lines = input_type == "JSONL"
        component.input_type_value = types.InputTypeValue("JSON" if component.lines else input_type)

    def choose(input_type: Any) -> Any:
        found = transformer_for(input_type=input_type)
        if input_type.input_type_value is types.InputTypeValue.JSON:
            found._eval_body = functools.partial(_read, input_type.lines)
        else:
            found._eval_body = functools.partial(_read_rows, found._eval_body)
        return found

    choose.original = transformer_for  # type: ignore[attr-defined]
    types.InputType.__init__ = take
    reader.resource_output_transformer_for = choose


def _read(lines: bool, env: Any) -> None:
    """Leave the list on the stack, as long as `MaxItems` says; raise what the Map fails with when it is none."""
    config, text = env.stack.pop(), env.stack.pop()
    try:
        items = [read_json(line) for line in text.splitlines() if line.strip()] if lines else read_json(text)
    except NotStrictJson as error:
        raise map_run_failed(env, READER_FAILED, f"The file of items is no JSON: {error}") from error
    if not isinstance(items, list):
        raise map_run_failed(env, READER_FAILED, "Attempting to map over non-iterable node.")
    env.stack.append(items[: config["MaxItemsValue"]])


def _read_rows(read: Callable[[Any], None], env: Any) -> None:
    """moto reads a header where there may be none."""
    try:
        read(env)
    except StopIteration:
        raise map_run_failed(env, READER_FAILED, "The CSV file of items is empty.") from None


def _telling(handle: Any) -> Any:
    """What S3 refuses is why the Map fails."""
    original = getattr(handle, "original", handle)

    def told(env: Any, part: Any, credentials: Any) -> None:
        from botocore.exceptions import ClientError

        asked = env.stack[-1]
        try:
            original(env, part, credentials)
        except ClientError as error:
            place, code = f"s3://{asked.get('Bucket')}/{asked.get('Key')}", error.response["Error"]["Code"]
            cause = f"Unable to read {place}: {error.response['Error']['Message']} ({code})"
            raise map_run_failed(env, READER_FAILED, cause) from error
        except UnicodeDecodeError as error:
            cause = f"The file of items is no text in UTF-8: {error.reason} at byte {error.start}"
            raise map_run_failed(env, READER_FAILED, cause) from error

    told.original = original  # type: ignore[attr-defined]
    return told


def map_run_failed(env: Any, error: str, cause: str) -> Exception:
    """What a Map state fails with."""
    names = f"{PACKAGE}.component.common.error_name"
    api, failures = module("moto.stepfunctions.parser.api"), module(f"{names}.failure_event")
    details = api.MapRunFailedEventDetails(error=error, cause=cause)
    event = failures.FailureEvent(
        env=env,
        error_name=module(f"{names}.error_name").ErrorName(error_name=error),
        event_type=api.HistoryEventType.MapRunFailed,
        event_details=module(f"{PACKAGE}.eval.event.event_detail").EventDetails(mapRunFailedEventDetails=details),
    )
    made: Exception = failures.FailureEventException(event)
    return made
