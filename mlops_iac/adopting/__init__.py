"""Taking over what was there before: looking at the thing, and writing it into a stack file."""
