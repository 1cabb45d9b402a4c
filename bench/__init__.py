"""The speed of the event log, measured against the raw limit beside it: `python -m bench --help`."""
