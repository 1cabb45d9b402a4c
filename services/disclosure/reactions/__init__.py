"""What other services published becomes a leaf and a record here."""
