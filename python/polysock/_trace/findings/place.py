"""The place in a program where a call was made."""


def place_of(event):
    """Equal for calls made in the same place; None if the place was not recorded."""
    return event.record.get("at") or event.record.get("place")
