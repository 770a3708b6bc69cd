"""A finding: a mistake, or a surprise, that a trace shows."""

from dataclasses import dataclass

ERROR, WARNING, NOTE = "error", "warning", "note"
SEVERITIES = (ERROR, WARNING, NOTE)


@dataclass(eq=False, slots=True)
class Finding:
    """`name` is stable. `text` says in a sentence what happened here, `advice` what to do. `events` are those that it
    rests on; it is shown at the first."""

    name: str
    severity: str
    text: str
    advice: str
    events: list

    @property
    def event(self):
        return self.events[0]

    @property
    def page(self):
        """Its page: what happened, a program that shows it, and how to write it right."""
        return f"docs/findings/{self.name}.md"
