"""What may happen: events, states and decisions, without I/O, clock or chance."""
