"""What the domain leaves out: passwords, keys, tokens, limits, stored encodings."""
