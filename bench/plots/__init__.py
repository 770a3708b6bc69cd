"""The figures, drawn as SVG from the committed results."""
