"""Where somebody works: proof by mail, and blind credentials that say so without saying who."""
