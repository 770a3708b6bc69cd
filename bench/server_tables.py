"""The results of servers.py as tables in Markdown."""

import platform

from results import table
from server_load import DISTURBED

#: Shares of a processor: above the first the client had nothing left, below the second the server had something left.
CLIENT_FULL, SERVER_BUSY = 0.95, 0.9


def shown(rows, facts):
    text = ""
    for languages in (["Python"], ["C", "Rust"]):
        chosen = {name: row for name, row in rows.items() if row["language"] in languages}
        for title, show in SECTIONS if chosen else []:
            text += section(f"{' and '.join(languages)}: {title}", chosen, facts["loads"], show)
    return text + below(rows, facts)


def section(title, rows, loads, show):
    headings = [title] + [load["title"] for load in loads.values()]
    lines = []
    for name, row in rows.items():
        cells = (row["cells"][load] for load in loads)
        lines.append([name] + ["fails" if "failed" in cell else show(cell) for cell in cells])
    return table(headings, lines) + "\n"


def requests(cell):
    mark = "*" if is_limited_by_client(cell) else ""
    return f"{cell['per_second']['median'] / 1000:,.1f}{mark}"


def is_limited_by_client(cell):
    return cell["client_cpu"] > CLIENT_FULL and cell["server_cpu"] < SERVER_BUSY


def slowest_hundredth(cell):
    return f"{cell['p99_us']['median'] / 1000:,.2f}"


def processor_time(cell):
    return f"{cell['server_us']['median']:,.1f}"


def busy(cell):
    others = f" ({cell['others']:.2f})" if cell["others"] > DISTURBED else ""
    return f"{cell['server_cpu']:.2f} / {cell['client_cpu']:.2f}{others}"


def memory(cell):
    return f"{cell['pss_kib'] / 1024:,.0f} / {cell['threads']:,.0f}"


SECTIONS = [
    ("1,000 requests/s", requests),
    ("p99 in ms", slowest_hundredth),
    ("µs of the server's processor time a request", processor_time),
    ("share of a processor, server / client", busy),
    ("MiB (PSS) / threads of the server", memory),
]


def below(rows, facts):
    where = "both on one processor" if facts["server_on"] == facts["client_on"] else "each pinned to one processor"
    text = f"{platform.system()} {platform.release()}, {facts['processors']} processors {facts['processor']}, "
    rounds = f"{facts['rounds']} rounds of {facts['of_seconds']} s, for some loads more or less"
    text += f"Python {facts['python']}; {rounds}; medians. "
    text += f"Server and client are {where}. `*`: the client had no time left, but the server had. "
    text += "In brackets: the share of one of the two processors that other programs had, if that disturbs.\n"
    for name, row in rows.items():
        for load, cell in row["cells"].items():
            if "failed" in cell:
                text += f"{name} fails with {load}: {cell['failed']}.\n"
    if facts["absent"]:
        missing = ", ".join(f"{name} (needs {needs})" for name, needs in facts["absent"].items())
        text += f"Not installed, and so not measured: {missing}.\n"
    return text
