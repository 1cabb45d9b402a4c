"""The forum's own commands in answer to other services' events."""
