"""Why the log does not answer. What a caller of a service sees of it is that service's error table's to say."""


class LogError(Exception):
    """Anything the log refuses or cannot do."""


class LeafConflict(LogError):
    """The place in the log that this leaf would take for good holds another one."""


class SizeUnknown(LogError):
    """The log never had this size, or did not reach it in time."""


class WitnessesUnavailable(LogError):
    """No quorum of witnesses has co-signed in time."""
