"""In which place of a program a call was made."""


def place_of(event):
    """The same for calls of the same place, as far as it was recorded; None if it was not."""
    return event.record.get("at") or event.record.get("place")
