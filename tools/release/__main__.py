"""Builds the files of a release: `python -m release [OPTION…] [PLATFORM…]`, which `make dist` runs.

Each file is checked, audited and, where it runs here, installed in a fresh place and used. At the end, a table says
what was done with each, and SHA256SUMS has their checksums.
"""

import argparse
import hashlib
import shutil
import sys
import tempfile
from pathlib import Path

from . import builds, c_libraries, installation, programs, wheels
from .commands import Failed
from .platforms import PLATFORMS, of_this_machine

KINDS = ("sdist", "wheel", "c")


def main():
    options = arguments()
    chosen = [PLATFORMS[name] for name in options.platforms or PLATFORMS]
    dist = options.into.resolve()
    dist.mkdir(parents=True, exist_ok=True)
    rows, failures = [], []

    def make(title, steps):
        print(f"== {title}", flush=True)
        try:
            with tempfile.TemporaryDirectory() as work:
                for row in steps(Path(work)):
                    rows.append(row)
                    print(" ", "; ".join(row), flush=True)
        except Failed as e:
            failures.append(title)
            print(f"FAILED: {title}: {e}", file=sys.stderr, flush=True)

    if "sdist" in options.only:
        make("the sdist", lambda work: made_sdist(options, dist, work))
    for platform in chosen:
        if "wheel" in options.only:
            make(f"the wheel for {platform.name}", lambda work, p=platform: made_wheel(p, options, dist, work))
        if "c" in options.only:
            make(f"the C library for {platform.name}", lambda work, p=platform: made_c_library(p, options, dist, work))
    (dist / "SHA256SUMS").write_text("".join(f"{sum_of(f)}  {f.name}\n" for f in files_of(dist)))
    print_table(rows)
    sys.exit(f"not made: {', '.join(failures)}" if failures else 0)


def arguments():
    parser = argparse.ArgumentParser(prog="release", description="Builds, checks and tries the files of a release.")
    parser.add_argument(
        "platforms", nargs="*", metavar="PLATFORM", help=f"all, or some of {', '.join(PLATFORMS)}, native"
    )
    parser.add_argument(
        "--only", action="append", choices=KINDS, help="only files of this kind; may be given several times"
    )
    parser.add_argument("--profile", default="release", help="cargo's profile (default: release)")
    parser.add_argument(
        "--interpreter",
        default="python3.11",
        help="the interpreter that builds the wheel, such as python3.14t (default: python3.11)",
    )
    parser.add_argument("--tests", action="store_true", help="run all tests of the package over what is installed here")
    parser.add_argument("--into", type=Path, default=builds.ROOT / "build/dist")
    parser.add_argument(
        "--python",
        action="append",
        default=[],
        metavar="PLATFORM=COMMAND",
        help="what runs Python for another platform here, such as an emulator with its program",
    )
    options = parser.parse_args()
    options.only = options.only or KINDS
    if options.platforms == ["native"]:
        if (here := of_this_machine()) is None:
            parser.error("no release is built for this machine")
        options.platforms = [here.name]
    for name in options.platforms:
        if name not in PLATFORMS:
            parser.error(f"no such platform: {name}; there are {', '.join(PLATFORMS)}")
    options.python = dict(p.split("=", 1) for p in options.python)
    return options


def made_sdist(options, dist, work):
    file = kept(builds.sdist(work / "built"), dist)
    wheels.check_sdist(file)
    yield file.name, "any", "complete", installation.tried(file, work, sdist=True, tests=options.tests)


def made_wheel(platform, options, dist, work):
    file = kept(builds.wheel(platform, options.profile, options.interpreter, work / "built"), dist)
    wheels.check(file, platform)
    wheels.audit(file, platform)
    if platform == of_this_machine():
        interpreter = sys.executable if "-abi3-" in file.name else options.interpreter
        tried = installation.tried(file, work, interpreter=interpreter, tests=options.tests)
    elif platform.name in options.python:
        tried = installation.tried_unpacked(file, work, options.python[platform.name].split())
    else:
        tried = f"not tried: needs Python on {c_libraries.system(platform)}"
    yield file.name, platform.name, "audited", tried


def made_c_library(platform, options, dist, work):
    built = builds.libraries(platform, options.profile)
    file = c_libraries.pack(platform, built, work / "packed", dist)
    c_libraries.check(file, platform)
    yield file.name, platform.name, "audited", programs.use(file, platform, work / "used")


def kept(file, dist):
    return Path(shutil.move(file, dist / file.name))


def files_of(dist):
    return sorted(f for f in dist.iterdir() if f.name.endswith((".whl", ".tar.gz")))


def sum_of(file):
    return hashlib.sha256(file.read_bytes()).hexdigest()


def print_table(rows):
    titles = ("file", "platform", "checked", "tried")
    widths = [max(len(row[i]) for row in [titles, *rows]) for i in range(3)]
    print()
    for row in [titles, *rows]:
        print("  ".join([*(text.ljust(width) for text, width in zip(row, widths, strict=False)), row[3]]))


if __name__ == "__main__":
    main()
