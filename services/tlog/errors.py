"""Why the log does not answer. What a caller of a service sees of it is that service's error table's to say."""


class LogError(Exception):
    """Anything the log refuses or cannot do."""


class LeafConflict(LogError):
    """The place in the log that this leaf would take for good holds another one."""


class SizeUnknown(LogError):
    """The log never had this size, or did not reach it in time."""


class WitnessesUnavailable(LogError):
    """No quorum of witnesses has co-signed in time."""


class SourceError(LogError):
    """A source of the log did not answer in time, or with what cannot be the log's."""


class LogUnavailable(LogError):
    """No source shows a tree that is fresh, witnessed and large enough. Asking later may help."""


class LogForked(LogError):
    """The log has shown two histories. Nothing may be believed until an operator has looked at the evidence.

    `evidence` are the signed checkpoints that contradict each other, as they were received; or one alone, when what
    hangs below it contradicts the trust material.
    """

    def __init__(self, reason: str, evidence: tuple[str, ...]) -> None:
        super().__init__(reason)
        self.evidence = evidence


class WitnessSilent(LogError):
    """A witness gave no answer in time, or none that makes sense."""


class WitnessRefused(LogError):
    """A witness will not co-sign for this log at all."""


class LogInconsistent(LogError):
    """A witness has seen another history of this log than the one that it is shown: an alarm."""
