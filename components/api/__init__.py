"""What applications call: ``api.rest``, an API before an endpoint, with who may ask and how often."""
