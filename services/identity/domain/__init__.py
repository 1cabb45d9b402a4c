"""Persons as events, state and decisions: standard library only."""
