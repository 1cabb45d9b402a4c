"""The public log as a library: kept, co-signed, mirrored, read and followed. It knows no service."""
