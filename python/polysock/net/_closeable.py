"""What a with statement closes."""


class Closeable:
    """A stream, a reader or a writer."""

    def __enter__(self):
        """The object itself; leaving the with statement closes it."""
        return self

    def __exit__(self, *_exception):
        """Closes it."""
        self.close()
