"""The event log of one service: appending, deciding, sequencing, following. `eventstore` has the words."""
