"""How people learn what happens, one part per file: ``monitoring.alerts`` (who is told), ``monitoring.cloudwatch``
(what is seen)."""
