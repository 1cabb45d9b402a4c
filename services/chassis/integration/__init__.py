"""What services tell each other: public events on the bus, and who follows them."""
