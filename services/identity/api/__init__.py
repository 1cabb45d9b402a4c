"""The gRPC surface of identity."""
