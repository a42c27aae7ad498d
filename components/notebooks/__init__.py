"""Where people write notebooks: a domain of SageMaker Studio, and what each of them has in it."""
