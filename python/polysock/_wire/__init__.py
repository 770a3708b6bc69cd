"""Records the segments of traced connections (`--wire`): what TCP did between the calls.

The recorder is a process beside the traced ones, which it does not touch. It reads packets (`ring`), reads in their
headers whose they are (`headers`), learns from the trace which connections take part (`learning`), and writes the
segments of those (`flows`, `recorder`) in one more file of the trace. docs/traces.md describes the records.
"""
