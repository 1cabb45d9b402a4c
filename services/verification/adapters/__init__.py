"""What the domain leaves out: keys, codes, mail, assertions, stored encodings."""
