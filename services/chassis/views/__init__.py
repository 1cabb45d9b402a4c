"""Documents folded from the log for queries: projections, their stores, and how they are built anew."""
