"""The one error of the seal package.

Every parser, verifier and decryption in this package refuses bad input with `SealError` and with nothing else, so that
a caller needs one `except` and no cryptographic detail leaks as an exception type. Turning it into an RPC status is
the caller's work.
"""


class SealError(ValueError):
    """Bytes that are malformed, out of range, or not what the signer, sealer or dealer made.

    The message names the rule that was broken. It never contains key material, plaintext or the refused bytes.
    """
