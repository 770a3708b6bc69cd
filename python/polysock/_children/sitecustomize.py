"""Found through PYTHONPATH in the children of `python -m polysock run --children`: patches, then steps aside."""

import os
import sys


def _run():
    folder = os.path.dirname(os.path.abspath(__file__))
    sys.path[:] = [entry for entry in sys.path if os.path.abspath(entry) != folder]
    try:
        import polysock
    except ImportError:  # another interpreter, without polysock
        pass
    else:
        polysock.patch()
    this = sys.modules.pop(__name__)
    try:
        __import__(__name__)  # the sitecustomize that this one hides
    except ImportError as error:
        if error.name != __name__:
            raise
        sys.modules[__name__] = this


if __name__ == "sitecustomize":
    _run()
