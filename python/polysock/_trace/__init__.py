"""What `python -m polysock show` does: it reads what traces have recorded, joins both ends of each conversation, and
draws them.

`reader` reads files, `merge` brings the records of several files into one order, `model` joins them into events: the
interface for everything that looks at a trace. The views: `timeline`, `page`, `perfetto`, and
`mermaid` and `svg` over `diagram`.
"""
