"""The `vouchsafe` command."""
