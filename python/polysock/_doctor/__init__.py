"""`python -m polysock doctor`: what network settings mean, what sockets do, and what needs attention.

Imported only by that command. docs/doctor.md describes the page, the judgements and the keys of `--json`.
"""
