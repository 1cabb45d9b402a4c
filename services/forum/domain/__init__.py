"""What may happen in the forum, and why not: pure, without I/O, clock or chance."""
