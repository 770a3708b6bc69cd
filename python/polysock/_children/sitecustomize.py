"""Found through PYTHONPATH in the children of `python -m polysock run --children`: patches, then steps aside."""

import os
import sys


def _run():
    here = os.path.dirname(os.path.abspath(__file__))
    sys.path[:] = [entry for entry in sys.path if os.path.abspath(entry) != here]
    try:
        import polysock
    except ImportError:  # another interpreter, which does not have it
        pass
    else:
        polysock.patch()
    this = sys.modules.pop(__name__)
    try:
        __import__(__name__)  # the one that this hides
    except ImportError as error:
        if error.name != __name__:
            raise
        sys.modules[__name__] = this


if __name__ == "sitecustomize":
    _run()
