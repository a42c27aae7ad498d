"""Runs state machines: moto's interpreter of Amazon States Language, with Step Functions' service integrations."""
