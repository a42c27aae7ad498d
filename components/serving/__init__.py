"""Endpoints, one flavour per file: ``serving.serverless``, ``serving.realtime``. Declared before their first model
exists."""
