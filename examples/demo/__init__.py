"""The whole story on real parts; `python -m examples.demo --help`."""
