"""The gRPC surface of verification."""
