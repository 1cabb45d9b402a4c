"""The one error of the ceremony's commands: a sentence for the people in the room."""


class CeremonyError(Exception):
    """Something is not as it must be; nothing that was begun is left in place."""
