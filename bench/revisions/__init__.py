"""Two revisions of polysock beside each other: what bench/quick.py is made of."""
