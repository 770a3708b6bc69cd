"""The examination as plain values, for `--json`. docs/doctor.md describes the keys, which are stable."""

from .catalogue import SECTIONS
from .gone import GONE
from .sockets import address

# Changes when a key goes away or changes its meaning; new keys may appear at any time.
VERSION = 1
# The longest list of ports, destinations, listeners or processes.
MOST = 100


def as_values(found, made):
    """What json.dump takes."""
    sockets = found.sockets
    return {
        "version": VERSION,
        "linux": found.system.is_linux,
        "judgements": [vars(judgement) for judgement in made],
        "tcp_states": {family: dict(sorted(states.items())) for family, states in sockets.states.items()},
        "time_wait": {
            "total": sockets.total("TIME_WAIT"),
            "limit": found.settings.first("net.ipv4.tcp_max_tw_buckets"),
            "local_ports": [{"port": port, "count": count} for port, count in sockets.time_wait.most_common(MOST)],
        },
        "ephemeral_ports": {
            "total": found.settings.ephemeral_ports(),
            "destinations": [
                {
                    "local_address": address(local),
                    "address": address(remote),
                    "port": port,
                    "in_use": count,
                    "time_wait": sockets.destinations_in_time_wait[local, remote, port],
                }
                for (local, remote, port), count in sockets.destinations.most_common(MOST)
            ],
        },
        "listeners": [vars(listener) | {"full": listener.is_full()} for listener in found.listeners[:MOST]],
        "in_use": found.in_use,
        "counters": found.counters,
        "growth": found.growth,
        "seconds": found.seconds,
        "descriptors": {
            "soft_limit": found.own_limits and found.own_limits[0],
            "hard_limit": found.own_limits and found.own_limits[1],
            "open_files": found.open_files and found.open_files[0],
            "open_files_limit": found.open_files and found.open_files[1],
            "processes": [vars(process) for process in found.processes[:MOST]],
        },
        "settings": [
            {
                "name": setting.name,
                "value": found.settings.text.get(setting.name),
                "numbers": found.settings.numbers.get(setting.name),
                "unit": setting.unit,
                "default": setting.default,
                "meaning": setting.meaning,
                "consequence": found.settings.consequence(setting.name),
                "when": setting.when,
                "myth": setting.myth,
            }
            for settings in SECTIONS.values()
            for setting in settings
        ],
        "without_effect": [vars(gone) for gone in GONE],
        "lines_not_understood": sockets.not_understood,
        "unreadable": found.system.unreadable,
    }
