"""Real programs over `polysock.patch()`: each case in a separate process, with each module.

    pytest clients -k "redis and polysock"

What fails with the standard module, too, is the case's own fault.
"""

import subprocess
import sys
from pathlib import Path

import process_group
import pytest

HERE = Path(__file__).resolve().parent
TIME_LIMIT = 90  # seconds
SKIPPED = 77  # exit code


@pytest.mark.parametrize("module", ["socket", "polysock"])
@pytest.mark.parametrize("case", sorted(path.stem for path in (HERE / "cases").glob("[!_]*.py")))
def test_client(case, module):
    try:
        ended = process_group.run([sys.executable, HERE / "case.py", case, module], TIME_LIMIT)
    except subprocess.TimeoutExpired as error:
        pytest.fail(f"{error.output}still running after {TIME_LIMIT} s", pytrace=False)
    if ended.returncode == SKIPPED:
        pytest.skip(ended.stdout.strip().rpartition("\n")[2])
    if ended.returncode != 0:
        pytest.fail(f"{ended.stdout}exit code {ended.returncode}", pytrace=False)
