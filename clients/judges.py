"""Writes the counts of the judges into docs/judges.md: `judges.py FILE`, which the tests wrote (POLYSOCK_JUDGES)."""

import json
import re
import sys
from pathlib import Path

PAGE = Path(__file__).resolve().parent.parent / "docs" / "judges.md"
BEGIN, END = "<!-- counts: made by make judges -->\n", "<!-- end of counts -->"
#: What a test of a judge is called, and what it judges with; in this order.
TITLES = {
    "python[test_socket]": "CPython: test_socket",
    "python[test_select and relatives]": "CPython: test_select, test_poll, test_epoll, test_selectors",
    "python[test_socketserver, test_asyncio]": "CPython: test_socketserver, asyncio's sock calls and streams",
    "java_scenarios": "JDK: our conformance scenarios over java.net",
    "java_sockets": "JDK: channels, selectors, asynchronous channels, HTTP, objects",
    "tutorial": "JDK: our tutorials in Java",
    "redis": "redis-server, redis-cli, redis-benchmark",
    "nginx": "nginx, wrk, curl",
    "postgresql": "PostgreSQL, psql, pgbench",
    "openssh": "OpenSSH: sshd, ssh, scp, sftp",
    "curl": "curl, Python's http.server",
    "netcat[nc.openbsd]": "netcat (OpenBSD's)",
    "netcat[nc.traditional]": "netcat (traditional)",
    "socat": "socat",
    "perl": "Perl",
    "ruby": "Ruby",
}


def merged(file):
    """The rows by judge, the last one of each test; those of the tutorials are added up."""
    tests = {row["judge"]: row["ways"] for row in map(json.loads, Path(file).read_text().splitlines())}
    rows = {}
    for test, ways in tests.items():
        name = test if test in TITLES else test.partition("[")[0]
        into = rows.setdefault(name, {way: {"same": 0, "of": 0, "kinds": {}} for way in ways})
        for way, counts in ways.items():
            into[way]["same"] += counts["same"]
            into[way]["of"] += counts["of"]
            for kind, count in counts["kinds"].items():
                into[way]["kinds"][kind] = into[way]["kinds"].get(kind, 0) + count
    return rows


def cell(counts):
    """Passed / failed / skipped where the judge says so itself; otherwise how many results are the C library's."""
    kinds = counts["kinds"]
    if not kinds:
        return f"{counts['same']} of {counts['of']}"
    passed = kinds.get("pass", 0) + kinds.get("passed", 0)
    failed = sum(kinds.get(kind, 0) for kind in ("failure", "error", "failed"))
    skipped = sum(kinds.get(kind, 0) for kind in ("skip", "skipped", "known"))
    steps = counts["of"] - passed - failed - skipped
    return f"{passed} / {failed} / {skipped}" + (f", {steps} steps" if steps else "")


def table(rows):
    ways = list(next(iter(rows.values())))
    lines = [f"| judge | {' | '.join(ways)} |", "|---|" + "--:|" * len(ways)]
    for name, title in TITLES.items():
        if name in rows:
            lines.append(f"| {title} | {' | '.join(cell(rows[name][way]) for way in ways)} |")
    return "\n".join(lines) + "\n"


def main(file):
    rows, text = merged(file), PAGE.read_text()
    if unknown := rows.keys() - TITLES.keys():
        raise SystemExit(f"judges.py has no title for {', '.join(sorted(unknown))}")
    place = re.compile(f"(?<={re.escape(BEGIN)}).*?(?={re.escape(END)})", re.DOTALL)
    PAGE.write_text(place.sub(lambda _: table(rows), text, count=1))


if __name__ == "__main__":
    main(sys.argv[1])
