"""The forum's gRPC services: from request to claim, check, command and answer."""
