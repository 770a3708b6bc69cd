"""`python -m polysock show`."""

import argparse
import os
import shutil
import sys
import time

from .._terminal import in_colour
from . import mermaid, perfetto, svg, timeline
from .diagram import MOST_EVENTS as DIAGRAM_EVENTS
from .findings import NOTE, find
from .findings.detectors import NAMES
from .findings.report import as_json, listing
from .merge import wall_clock_changes
from .model import Trace
from .page.document import MOST_EVENTS, Part, save
from .words import counted, time_text

PROGRAM = "python -m polysock show"
VIEWS = ("follow", "mermaid", "svg", "perfetto", "html", "json")
# In which views an option has an effect; "" is the timeline, and "check" the list of findings.
IN_TERMINAL = frozenset({"", "check", "follow"})
OPTIONS = {
    "ignore": IN_TERMINAL | {"html", "json"},
    "only": IN_TERMINAL | {"html", "json"},
    "from": frozenset({"html"}),
    "to": frozenset({"html"}),
    "most": frozenset({"html", "mermaid", "svg"}),
    "all": frozenset({"", "follow", "html", "mermaid", "svg"}),
    "width": IN_TERMINAL,
    "color": IN_TERMINAL,
}
# Seconds; a recorder ends about a second after the programs.
RECORDER_LIMIT = 5


def main(arguments):
    """Shows a trace; returns the exit status."""
    options = parse(arguments)
    sys.stdout.reconfigure(errors="replace")
    if options.follow and not os.path.isdir(options.folder):
        return fail(f"{options.folder} is not a folder")
    try:
        trace = Trace(options.folder)
    except OSError as error:
        return fail(f"{options.folder}: {error.strerror or error}")
    with trace:
        for trouble in trace.troubles:
            print(f"{PROGRAM}: {trouble}", file=sys.stderr)
        if not trace.files and not options.follow:
            return fail(f"{options.folder} has no trace that can be read")
        if not options.follow:
            wait_for_recorders(trace)
        try:
            findings = show(trace, options)
        except NotWritten as error:
            return fail(error)
        except KeyboardInterrupt:
            return 0
        except BrokenPipeError:
            # The reader of the output has gone, such as `head`.
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
            return 0
        report(trace)
    return int(options.check and findings.worst not in (NOTE, None))


def parse(arguments):
    parser = argparse.ArgumentParser(prog=PROGRAM, description="Shows what `python -m polysock trace` has recorded.")
    parser.add_argument("folder", help="the folder of the trace, or one of its files")
    views = parser.add_mutually_exclusive_group()
    views.add_argument("--follow", action="store_true", help="show what happens while the programs run, until Ctrl-C")
    views.add_argument("--mermaid", action="store_true", help="write a sequence diagram for Mermaid")
    views.add_argument("--svg", action="store_true", help="write the same diagram as a picture")
    views.add_argument("--perfetto", action="store_true", help="write JSON for ui.perfetto.dev and chrome://tracing")
    views.add_argument(
        "--html", metavar="FILE", help="write a page for a browser: a diagram that can be searched and zoomed"
    )
    views.add_argument("--json", action="store_true", help="list the findings as JSON")
    parser.add_argument(
        "--check",
        action="store_true",
        help="exit with 1 if there are errors or warnings; without a view, list only the findings",
    )
    names = parser.add_mutually_exclusive_group()
    names.add_argument(
        "--ignore", action="append", metavar="NAME", choices=sorted(NAMES), help="leave out findings of this name"
    )
    names.add_argument(
        "--only", action="append", metavar="NAME", choices=sorted(NAMES), help="look only for findings of this name"
    )
    part = parser.add_argument_group("a part of the trace, for --html; --most also for --mermaid and --svg")
    part.add_argument("--from", type=seconds, metavar="SECONDS", help="leave out what ended before")
    part.add_argument("--to", type=seconds, metavar="SECONDS", help="leave out what began later")
    most = f"show only the first EVENTS events ({MOST_EVENTS:,}; in diagrams {DIAGRAM_EVENTS:,})"
    part.add_argument("--most", type=positive, metavar="EVENTS", help=most)
    parser.add_argument("--all", action="store_true", help="also show options, address look-ups and the like")
    parser.add_argument(
        "--width", type=positive, metavar="COLUMNS", help="the width of the timeline in characters (the terminal's)"
    )
    parser.add_argument("--color", choices=("auto", "always", "never"), help="(auto)")
    options = parser.parse_args(arguments)
    if options.check and options.follow:
        parser.error("--check needs a finished trace, but --follow shows one that is still being written")
    check_effects(parser, options)
    return options


def check_effects(parser, options):
    """Refuses options that have no effect in the view."""
    given = {name for name, value in vars(options).items() if value is not None and value is not False}
    view = next((name for name in VIEWS if name in given), "check" if options.check else "")
    for name, views in OPTIONS.items():
        chooses_findings = name in ("ignore", "only")
        if name not in given or view in views or (chooses_findings and options.check):
            continue
        if not view:
            parser.error(f"--{name} needs {' or '.join(f'--{one}' for one in VIEWS if one in views)}")
        parser.error(f"--{name} has no effect with --{view}" + (" without --check" if chooses_findings else ""))


def seconds(text):
    """A time from the beginning of the trace, in nanoseconds."""
    moment = float(text)
    if not 0 <= moment < 1e9:
        raise ValueError
    return round(moment * 1e9)


def positive(text):
    if int(text) < 1:
        raise ValueError
    return int(text)


def show(trace, options):
    """Writes the view; returns the findings, or None if they were not looked for."""

    def write(line):
        print(line, flush=options.follow)

    def wanted(name):
        return name in options.only if options.only else name not in (options.ignore or ())

    if options.mermaid or options.svg:
        view = mermaid if options.mermaid else svg
        view.show(trace, write, options.all, most=options.most or DIAGRAM_EVENTS)
    elif options.perfetto:
        perfetto.show(trace, write)
    elif options.html is not None:
        return page(trace, options, wanted)
    else:
        return show_with_findings(trace, options, write, wanted)
    return find(trace, wanted) if options.check else None


def show_with_findings(trace, options, write, wanted):
    width = options.width or shutil.get_terminal_size((120, 0)).columns
    colours = options.color == "always" or (options.color != "never" and in_colour(sys.stdout, os.environ))
    if options.follow:
        from .follow import follow

        return follow(trace, options.folder, write, width, colours, options.all, wanted)
    if options.json or options.check:
        trace.survey()
        findings = find(trace, wanted)
        for line in [as_json(findings)] if options.json else listing(findings, width, colours):
            write(line)
        return findings
    return timeline.show(trace, write, width, colours, options.all, wanted)


class NotWritten(Exception):
    """The file of a view could not be written; the text says why."""


def page(trace, options, wanted):
    part = Part(getattr(options, "from"), options.to, options.most or MOST_EVENTS)
    try:
        findings, left_out = save(trace, options.html, part, wanted, options.all)
    except OSError as error:
        raise NotWritten(f"{options.html}: {error.strerror or error}") from None
    if left_out:
        text = f"{options.html} has the first {counted(part.most, 'event')}; {left_out:,} more were left out"
        text += " (see --from, --to and --most)"
        print(f"{PROGRAM}: {text}", file=sys.stderr)
    return findings


def report(trace):
    """Reports what the views can't show."""
    for file in (*trace.files, *trace.wires):
        if file.unreadable:
            print(
                f"{PROGRAM}: {file.name}: {counted(file.unreadable, 'line')} could not be read as records",
                file=sys.stderr,
            )
    for file, recording in trace.recordings.items():
        for trouble in troubles_of(recording):
            print(f"{PROGRAM}: {file.name}: {trouble}", file=sys.stderr)
    if trace.machines > 1:
        for text in troubles_of_machines(trace):
            print(f"{PROGRAM}: {text}", file=sys.stderr)


def troubles_of_machines(trace):
    """What is uncertain if the files come from several machines."""
    yield f"the files come from {trace.machines} machines; they are aligned by their wall clocks, which may differ"
    for change in wall_clock_changes(trace.files):
        text = f"the wall clock of a machine changed by {time_text(change)} while it was recorded"
        yield f"{text}; how its times compare with those of other machines is uncertain"
    if not trace.joined_machines:
        yield "no connection joins the files of different machines: nothing shows that they belong together"
    elif alone := trace.machines - len(trace.joined_machines):
        yield f"no connection joins the files of {alone} of the machines with those of the others"


def wait_for_recorders(trace):
    """Recorders of segments continue for a moment after the last program has ended: waits until they are done."""
    end = time.monotonic() + RECORDER_LIMIT
    while any(wire.is_being_recorded() for wire in trace.wires) and time.monotonic() < end:
        if any(is_running(file.header["pid"]) for file in trace.files):
            return
        time.sleep(0.02)


def is_running(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        pass
    return True


def troubles_of(recording):
    """What is missing in a file of segments."""
    if recording.dropped:
        dropped = sum(recording.dropped.values())
        yield f"the kernel dropped {counted(dropped, 'packet')} before recording; segments are missing"
    for pid in sorted(recording.elsewhere):
        yield f"process {pid} is in another network namespace; its segments were not recorded"
    if not recording.has_ended:
        yield "the recorder of the segments has not ended, or was killed: segments may be missing at the end"


def fail(text):
    print(f"{PROGRAM}: {text}", file=sys.stderr)
    return 1
