"""Endpoints, declared before their first model exists: ``serving.endpoint``, in the flavours ``serving.serverless`` and
``serving.realtime``."""
