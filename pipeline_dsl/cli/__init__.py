"""The command line: each command parses its words, calls the packages that do the work, and prints."""
