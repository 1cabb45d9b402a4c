"""Vouchsafe's cryptography: pure functions over bytes, no I/O, one error (`errors.SealError`)."""
