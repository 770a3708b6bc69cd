"""Where and how results were measured, as the lines under a figure say it."""


def machine(*results):
    """The machine, or the machines if the results come from several; of two that do not disagree, what both say."""
    found = []
    for result in results:
        processors = result.get("processors")
        words = [result.get("processor", ""), f"{processors} processors" if processors else "", system(result)]
        words += [f"Python {result['python']}" if "python" in result else ""]
        words = [word for word in words if word]
        found = [other for other in found if not set(other) <= set(words)]
        if not any(set(words) <= set(other) for other in found):
            found.append(words)
    return [", ".join(words) for words in found]


def system(result):
    """`Linux 6.18.44` from the platform's longer name."""
    return " ".join(result["machine"].split("-")[:2])


def measured(command, *results, lines=True):
    """The command, then the machine; `lines`: whether the figure shows quartiles as lines."""
    how = "over the loopback interface, in turns: medians" + ", thin lines are quartiles" * lines
    return [f"Measured by `{command}` {how}.", *machine(*results)]
