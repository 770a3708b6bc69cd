"""What the commands that write to a terminal have in common."""


def in_colour(stream, environment):
    """Whether a stream is a terminal whose user has not refused colours (https://no-color.org)."""
    return stream.isatty() and not environment.get("NO_COLOR") and environment.get("TERM", "dumb") != "dumb"
