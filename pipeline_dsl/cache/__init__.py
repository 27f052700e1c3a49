"""What is known from earlier runs: keys of what was done, and a store of what came of it."""
