"""Real people: their registration, sign-in and profile, and their release once a case is authorised."""
