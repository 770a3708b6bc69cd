"""Runs the examples of a Markdown file against an echo server:  run_readme.py README.md LIBRARY_DIR

Every fenced block marked c, cpp, python or rust that uses the port 7007 is a complete program: it is built and run
with a free port in its place, and must end well after printing `hello`. `import polysock` blocks without a port are
only run. Other blocks (shell, fragments marked `text`) are not programs.
"""

import contextlib
import os
import re
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import polysock as socket

ROOT = Path(__file__).resolve().parent.parent
FENCE = re.compile(r"^```(c|cpp|python|rust)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PORT = "7007"
PATIENCE = 300  # a Rust example may have to be built


def echo_for_ever(listener: socket.socket) -> None:
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            return  # closed: that is how it ends
        with connection, contextlib.suppress(OSError):  # one that fails is not the end for the next
            connection.settimeout(10)
            while data := connection.recv(4096):
                connection.sendall(data)


def command(language: str, source: str, folder: Path, library: Path) -> list[str]:
    """Writes the program, builds it if need be, and says how to run it."""
    if language == "python":
        program = folder / "example.py"
        program.write_text(source)
        return [sys.executable, str(program)]
    if language == "rust":
        example = folder / "Cargo.toml"
        example.write_text(
            '[package]\nname = "readme"\nversion = "0.0.0"\nedition = "2021"\n[workspace]\n'
            f'[dependencies]\npolysock-core = {{ path = "{ROOT / "core"}" }}\n'
            '[[bin]]\nname = "readme"\npath = "main.rs"\n'
        )
        (folder / "main.rs").write_text(source)
        return [
            "cargo",
            "run",
            "--quiet",
            "--manifest-path",
            str(example),
            "--target-dir",
            str(ROOT / "target/readme"),
        ]
    compiler = os.environ.get("CC", "cc") if language == "c" else os.environ.get("CXX", "c++")
    standard = "-std=c11" if language == "c" else "-std=c++17"
    file = folder / f"example.{language}"
    file.write_text(source)
    flags = [standard, "-Wall", "-Wextra", "-Werror", f"-I{ROOT / 'include'}", f"-L{library}", "-lpolysock"]
    flags.append(f"-Wl,-rpath,{library}")
    subprocess.run([compiler, str(file), "-o", str(folder / "example"), *flags], check=True, timeout=PATIENCE)
    return [str(folder / "example")]


def main() -> None:
    document, library = Path(sys.argv[1]), Path(sys.argv[2]).resolve()
    passed = failed = 0
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = threading.Thread(target=echo_for_ever, args=(listener,))
        server.start()
        port = str(listener.getsockname()[1])
        for language, source in FENCE.findall(document.read_text()):
            talks = PORT in source
            with tempfile.TemporaryDirectory() as folder:
                words = command(language, source.replace(PORT, port), Path(folder), library)
                ended = subprocess.run(words, capture_output=True, text=True, timeout=PATIENCE, check=False)
            if ended.returncode == 0 and ("hello" in ended.stdout or not talks):
                passed += 1
            else:
                failed += 1
                print(f"{document.name}: this {language} example failed:\n{source}\n{ended.stdout}{ended.stderr}")
        listener.close()
        server.join(10)
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed or not passed else 0)


main()
