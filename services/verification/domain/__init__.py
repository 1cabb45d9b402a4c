"""Mailboxes, employment, slots, crowds and issuer keys as events, state and decisions: standard library only."""
