"""The only part that can join an alias to a person, and only after its authorization stands in a public log."""
