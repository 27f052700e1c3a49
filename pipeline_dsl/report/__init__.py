"""What people see of a run: each report consumes the engine's events and prints one form of output."""
