"""From a planned stage to the requests of its steps, and from their results to the stage's values."""
