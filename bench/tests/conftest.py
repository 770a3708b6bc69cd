"""The benchmarks find each other as they do when they are run: by file name."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
