"""What can be run to see the platform at work."""
