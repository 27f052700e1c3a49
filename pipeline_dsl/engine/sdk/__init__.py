"""Docker and Podman behind the port, by way of the docker SDK: import it only where an engine is needed."""
