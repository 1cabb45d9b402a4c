"""Technology at the edges: how events are stored and how peers are called."""
