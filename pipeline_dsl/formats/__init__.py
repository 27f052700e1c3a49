"""Foreign formats: one package each, which reads it into a project, writes a project out, or both."""
