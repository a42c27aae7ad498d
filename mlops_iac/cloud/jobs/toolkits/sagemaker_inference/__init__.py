"""Stand-in for AWS's sagemaker-inference: content types, decoder, encoder, errors."""
