"""What readers read, as pure folds of the forum's own events."""
