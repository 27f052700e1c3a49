"""Files out of containers: which are asked for, how they are read, and where they are written."""
