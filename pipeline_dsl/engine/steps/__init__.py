"""The steps of a stage: each takes a frozen request and gives a frozen result."""
