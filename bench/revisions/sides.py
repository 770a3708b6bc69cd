"""The two sides: the working tree, and a base revision that is checked out and built beside it."""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BASE = ROOT / "build" / "quick" / "base"  # a worktree of git


#: What some programs consist of beside the file of their name.
PARTS = {"c_socket": ["calls/raw.c", "calls/polysock.c"]}


@dataclass
class Side:
    name: str
    #: Where its library, its headers and its Python package are.
    folder: Path

    @property
    def environment(self):
        """In which Python imports this side's package."""
        return os.environ | {"PYTHONPATH": str(self.folder / "python")}

    def program(self, source):
        """Compiles a program of the working tree's against this side's library; None if the library lacks something."""
        library, program = self.folder / "target/release", ROOT / "build/quick" / self.name / f"{source.stem}_c"
        program.parent.mkdir(parents=True, exist_ok=True)
        command = [*os.environ.get("CC", "cc").split(), "-std=c11", "-O2", "-pthread", f"-I{self.folder / 'include'}"]
        parts = [source.parent / part for part in PARTS.get(source.stem, [])]
        command += [source, *parts, "-o", program, f"-L{library}", "-lpolysock", f"-Wl,-rpath,{library}"]
        return program if subprocess.run(command, stderr=subprocess.DEVNULL).returncode == 0 else None


def git(*arguments, folder=ROOT):
    return subprocess.run(["git", *arguments], cwd=folder, capture_output=True, text=True, check=True).stdout.strip()


def base_revision(wanted):
    """The commit to compare with: the one that is wanted, else where this branch left main, else the one before."""
    if wanted:
        return git("rev-parse", "--verify", f"{wanted}^{{commit}}")
    head = git("rev-parse", "HEAD")
    for main in ("main", "origin/main", "master", "origin/master"):
        try:
            base = git("merge-base", main, "HEAD")
        except subprocess.CalledProcessError:
            continue
        has_changes = bool(git("status", "--porcelain", "--untracked-files=no"))
        return base if base != head or has_changes else git("rev-parse", "HEAD^")
    return head


def build_base(revision):
    """Checks the revision out and builds its library and its Python package; what has not changed is kept."""
    git("worktree", "prune")
    if (BASE / ".git").exists():
        git("checkout", "--quiet", "--force", "--detach", revision, folder=BASE)
    else:
        git("worktree", "add", "--quiet", "--force", "--detach", str(BASE), revision)
    command = ["cargo", "build", "--quiet", "--locked", "--release", "-p", "polysock-ffi", "-p", "polysock-python"]
    environment = os.environ | {"PYO3_BUILD_EXTENSION_MODULE": "1", "CARGO_TARGET_DIR": str(BASE / "target")}
    subprocess.run(command, cwd=BASE, env=environment, check=True)
    built = BASE / "target/release"
    soname = built / "libpolysock.so.0"
    soname.unlink(missing_ok=True)
    soname.symlink_to("libpolysock.so")
    module = BASE / "python/polysock/_native.abi3.so"
    module.unlink(missing_ok=True)  # a process may still use the old one
    module.write_bytes((built / "lib_native.so").read_bytes())
    return Side("base", BASE)


def working_tree():
    """Built before: make bench-quick has it as prerequisites."""
    return Side("now", ROOT)
