"""BuildKit's session: a connection over which the engine asks us for what a build needs, file by file."""
