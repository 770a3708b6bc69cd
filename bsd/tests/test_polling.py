"""With --safe, a close in one thread ends poll and select in others; without, the same program shows the trap."""

import os
from concurrent.futures import ThreadPoolExecutor

import pytest
from conftest import IS_FOR_GLIBC, needs_glibc, run

CALLS = ["poll", "ppoll", "select", "pselect"]
# Other C libraries lack these two: the program makes them by system calls, which no layer sees.
CLOSES_OF_GLIBC = ["close_range", "closefrom"] if IS_FOR_GLIBC else []
CLOSES = ["close", "dup2", "dup3", "fclose", *CLOSES_OF_GLIBC]
KINDS = ["connected", "listening", "datagram", "unknown"]
# What a call returns that waited for a pipe and the socket that was closed.
WOKEN = {"poll": "1 1:NVAL", "ppoll": "1 1:NVAL", "select": "-1 EBADF", "pselect": "-1 EBADF"}
ALONE = {"poll": "1 0:NVAL", "ppoll": "1 0:NVAL", "select": "-1 EBADF", "pselect": "-1 EBADF"}
READY = {"poll": "1 0:IN", "ppoll": "1 0:IN"}
OTHERS = {"poll": "2 0:IN 1:NVAL", "ppoll": "2 0:IN 1:NVAL"}
BOTH = {"poll": "2 0:IN 1:NVAL", "ppoll": "2 0:IN 1:NVAL", "select": "-1 EBADF", "pselect": "-1 EBADF"}


def of_each_call(text):
    return [f"{call}: {text(call)}" for call in CALLS]


def masked(call):
    return [
        f"{call}: {ALONE[call]}, 0 signals",
        f"{call}: -1 EINTR, 1 signals",
        f"{call}: -1 EINTR, 2 signals",
    ]


def kept(first):
    return [*of_each_call(BOTH.get), "close: 1", f"the first: {first}", "free: 1"]


# The program's arguments, and what it prints with --safe.
SCENARIOS = [
    (
        ("every",),
        [
            f"{call} {close} {kind}: 0, {WOKEN[call]}, {WOKEN[call]}"
            for call in CALLS
            for close in CLOSES
            for kind in KINDS
        ],
    ),
    # When something is ready, the system looks again what the closed number of a pipe stands for.
    (("others",), of_each_call(lambda call: f"waits, {OTHERS.get(call, '2')}")),
    (
        ("masks",),
        [
            *masked("ppoll"),
            *masked("pselect"),
            "ppoll(&entry, 1, NULL, (void *)8): -1 EFAULT",
            "pselect(1, NULL, NULL, NULL, NULL, (void *)8): -1 EFAULT",
        ],
    ),
    (("interrupted",), of_each_call(lambda _: "-1 EINTR")),
    (
        ("limits",),
        [
            "poll close connected: 0, 1 1:NVAL, 1 1:NVAL",
            *of_each_call(lambda _: "0, early 0, endless 0"),
        ],
    ),
    (("in-handler",), of_each_call(lambda call: f"{ALONE[call]}, free 1")),
    *((("above-a-call", call, "above"), [f"-1 EBADF, {ALONE[call]}"]) for call in ["poll", "pselect"]),
    *(
        (("above-a-call", call, "below"), [f"-1 EBADF, {READY.get(call, '1')}"])
        for call in [*CALLS, "epoll_wait", "epoll_pwait"]
    ),
    (("kept",), kept("1 0:NVAL")),
    (("kept", "without-descriptors"), kept("1 0:IN")),
    *((("range", close), ["-1 EBADF, 1 0:NVAL", f"{close}: 1"]) for close in CLOSES_OF_GLIBC),
    (
        ("unmapped",),
        [
            "close(pair[0]): 0",
            "-1 EFAULT",
            *(
                f"poll({arguments}): -1 {error}"
                for arguments, error in [
                    ("(void *)8, 1, 0", "EFAULT"),
                    ("(void *)8, 1, -1", "EFAULT"),
                    ("NULL, 1, -1", "EFAULT"),
                    ("NULL, -1, -1", "EINVAL"),
                ]
            ),
            "select(1, (void *)8, NULL, NULL, NULL): -1 EFAULT",
            "select(-1, NULL, NULL, NULL, NULL): -1 EINVAL",
        ],
    ),
    (
        ("many",),
        [f"{at} above 1,024: {above}, 1 {at}:NVAL, -1 EBADF" for at, above in [(3, 0), (1000, 0), (1999, 1)]],
    ),
    *((("at-any-moment", call, "close"), ["stuck: 0"]) for call in CALLS),
    *((("at-any-moment", "poll", close), ["stuck: 0"]) for close in ["dup2", *CLOSES_OF_GLIBC]),
    *((("at-any-moment", "recv", close), ["stuck: 0"]) for close in CLOSES_OF_GLIBC),
]
# They are the same without --safe.
UNCHANGED = ["interrupted", "others", "unmapped"]
TRAPS = [
    ("one", call, close, kind) for call in CALLS for close, kind in [("close", "connected"), ("dup2", "listening")]
]


@pytest.fixture(scope="module")
def played(compiled, built_layer):
    """All scenarios with --safe, side by side since they mostly wait, and the traps: {arguments: finished process}"""
    program = compiled("polling")

    def play(task):
        arguments, options = task
        environment = {} if options else {"IMPATIENT": "1"}
        return run(built_layer, *options, program, *arguments, env=environment)

    tasks = [
        *((arguments, ("--safe",)) for arguments, _ in SCENARIOS),
        *((arguments, ()) for arguments in [*TRAPS, *((name,) for name in UNCHANGED)]),
    ]
    with ThreadPoolExecutor(2 * (os.cpu_count() or 1)) as threads:
        return dict(zip(tasks, threads.map(play, tasks), strict=True))


@pytest.mark.parametrize(("arguments", "expected"), SCENARIOS, ids=["-".join(one[0]) for one in SCENARIOS])
def test_a_close_ends_a_wait(arguments, expected, played):
    safe = played[arguments, ("--safe",)]
    if safe.stdout == "too few descriptors\n":
        pytest.skip("needs 2,100 descriptors")
    assert (safe.stdout.splitlines(), safe.stderr, safe.returncode) == (expected, "", 0)


@pytest.mark.parametrize("arguments", TRAPS, ids="-".join)
def test_without_the_promise_the_wait_goes_on(arguments, played):
    as_it_is = played[arguments, ()]
    assert as_it_is.stdout == f"{' '.join(arguments[1:])}: 0, waits, waits\n"


@pytest.mark.parametrize("name", UNCHANGED)
def test_the_rest_is_as_the_system_has_it(name, played):
    expected = dict(SCENARIOS)[name,]
    assert played[(name,), ()].stdout.splitlines() == expected


@pytest.mark.usefixtures("needs_strace")
@pytest.mark.parametrize(
    ("call", "close", "slow"),
    [
        ("poll", "close", "close"),
        ("poll", "close", "poll"),
        ("select", "dup2", "dup2"),
        ("select", "close", "pselect6"),
        pytest.param("poll", "closefrom", "close_range", marks=needs_glibc),
        ("poll", "close unknown", "close"),
        ("recv", "close unknown", "close"),
        pytest.param("poll", "close_range unknown", "close_range", marks=needs_glibc),
        pytest.param("recv", "closefrom unknown", "close_range", marks=needs_glibc),
    ],
)
def test_a_close_ends_a_wait_if_a_system_call_is_slow(call, close, slow, layer, compiled):
    """There is time for other threads before the close or the wait gets into the kernel."""
    delayed = ("-e", f"trace=?{slow}", "-e", f"inject=?{slow}:delay_enter=3000")
    promised = ("-E", f"LD_PRELOAD={layer.library}", "-E", "POLYSOCK_SAFE=1")
    report = layer.folder / "calls"
    # The other system calls must not be slowed down.
    command = ("strace", "-f", "--seccomp-bpf", "-qq", *delayed, "-e", "signal=none", "-o", report, *promised)
    safe = run(*command, compiled("polling"), "at-any-moment", call, *close.split())
    assert (safe.stdout, safe.stderr, safe.returncode) == ("stuck: 0\n", "", 0)
