"""The platform on one machine, from the same configuration that a cluster mounts."""
