"""The rows of the table, one module each: what is measured on either side, and under which conditions."""
