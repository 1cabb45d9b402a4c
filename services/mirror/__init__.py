"""One mirror of the public log: verified, kept as static files, shown to anybody."""
