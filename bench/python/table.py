"""Results as tables in Markdown."""


def times(rows, base, ours, floor):
    """A line a row: medians with quartiles, their ratio, and what `floor` costs in the same measure."""
    lines = [
        f"| row | {base}, ns | quartiles | {ours}, ns | quartiles | ratio | {floor} alone |",
        "|---|---:|---:|---:|---:|---:|---:|",
    ]
    for name, numbers in rows.items():
        cells = [name]
        for label in (base, ours):
            low, high = numbers[label]["quartiles"]
            cells += [f"{numbers[label]['median']:,.0f}", f"{low:,.0f} to {high:,.0f}"]
        cells.append(f"{numbers['ratio']:.2f}" + (" (overlap)" if numbers["overlap"] else ""))
        cells.append(f"{numbers['floor']:.2f}" if "floor" in numbers else "")
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join([*lines, ""])


def counts(rows, base, ours):
    """A line a row: the instructions of one call of each, and their ratio."""
    lines = [f"| row | {base} | {ours} | ratio |", "|---|---:|---:|---:|"]
    for name, numbers in rows.items():
        lines.append(f"| {name} | {numbers[base]:,} | {numbers[ours]:,} | {numbers['ratio']:.2f} |")
    return "\n".join([*lines, ""])
