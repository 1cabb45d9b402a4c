"""The gRPC surface: thin servicers over the parts that do the work."""
