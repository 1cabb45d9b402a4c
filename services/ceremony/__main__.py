"""`python -m services.ceremony`, where the command is not installed."""

from services.ceremony.main import main

main()
