"""One trustee: holds one share of the opening key and believes nothing that it is told."""
