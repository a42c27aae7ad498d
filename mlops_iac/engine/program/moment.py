"""When a resource's hooks run."""

from __future__ import annotations

from typing import Literal, get_args

Moment = Literal["BeforeCreate", "AfterCreate", "BeforeUpdate", "AfterUpdate", "BeforeDelete", "AfterDelete", "OnError"]
"""Pulumi's words, as a checkpoint has them under ``resourceHooks``; seen in one that the Pulumi CLI wrote."""

MOMENTS: tuple[Moment, ...] = get_args(Moment)
