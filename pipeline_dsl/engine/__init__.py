"""Runs a plan: schedules stages, builds and runs through the port to the engine, and emits events."""
