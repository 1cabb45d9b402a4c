"""The review desk: a small local web page on an officer's own machine (docs/desk.md)."""
