"""Running the tools that build and audit: their output is shown only when they fail."""

import os
import shlex
import subprocess


class Failed(Exception):
    """A file of the release can't be made, or is not as it must be."""


def run(command, *, cwd=None, time_limit=3600, **environment):
    """Runs a command with more variables in its environment; a variable that is None is removed. Returns its output."""
    command = [str(word) for word in command]
    variables = {k: v for k, v in (os.environ | environment).items() if v is not None}
    try:
        done = subprocess.run(
            command,
            cwd=cwd,
            env=variables,
            text=True,
            capture_output=True,
            timeout=time_limit,
        )
    except FileNotFoundError as e:
        raise Failed(f"{command[0]} is not installed") from e
    except subprocess.TimeoutExpired as e:
        raise Failed(f"{shlex.join(command)}: not done after {time_limit} s") from e
    if done.returncode:
        raise Failed(f"{shlex.join(command)}: exit code {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout
