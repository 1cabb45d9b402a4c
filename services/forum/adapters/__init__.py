"""Where the forum's own types meet a technology."""
