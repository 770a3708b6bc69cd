"""The page of `python -m polysock show --html`, in real Chromium without a window."""

import json
import re

import pytest
from browser import CHROMIUM, Browser
from trace_files import Process, conversation

from polysock._trace.model import Trace
from polysock._trace.page import document

pytestmark = pytest.mark.deadline(120)
GENEROUS_PAINT_MS = 15_000  # a busy machine; docs/traces.md has what was measured
MOST_NODES = 3000


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    if CHROMIUM is None:
        pytest.skip("needs Chromium")
    with Browser(tmp_path_factory.mktemp("profile")) as browser:
        try:
            browser.call("Browser.getVersion")
        except (EOFError, OSError):
            pytest.skip("needs a Chromium that starts (its sandbox: chromium-sandbox)")
        yield browser


@pytest.fixture
def opened(browser, tmp_path):
    """Opens the page of a trace; no page may have reported an error or asked for anything when its test has ended."""
    pages = []

    def open_trace(folder, everything=False, **options):
        path = tmp_path / "page.html"
        with Trace(folder) as trace:
            # Of the findings, the one that `talk` has, whatever others there will be.
            document.save(trace, path, wanted=lambda name: name == "partial-send", everything=everything)
        pages.append(browser.open(path, **options))
        return pages[-1]

    yield open_trace
    for page in pages:
        assert page.errors == []
        assert page.requests == [f"file://{tmp_path}/page.html"]
        page.close()


def talk(folder):
    """A connection with sticky and split bytes, a partial send, its reset, and a second connection."""
    client, server = conversation(folder)
    client.call("sendall", 1, at=10, asked=3, bytes=3, offset=0, data="abc")
    client.call("sendall", 1, at=11, asked=4, bytes=4, offset=3, data="defg")
    server.call("recv", 2, at=13, asked=5, bytes=5, offset=0, data="abcde")
    server.call(
        "recv", 2, at=14, duration=40_000_000, waits=1, waited=39_000_000, asked=5, bytes=2, offset=5, data="fg"
    )
    client.call("send", 1, at=40_100, asked=100, bytes=40, offset=7, data="x" * 40, at_line=1)
    server.call("recv", 2, at=40_200, asked=40, bytes=40, offset=7, data="x" * 40)
    client.call("close", 1, at=40_300, state="ESTABLISHED", unread=7)
    server.call("send", 2, at=40_400, asked=1, error="ECONNRESET", state="CLOSED")
    server.call("close", 2, at=40_500, state="CLOSED")
    client.socket(7, at=40_600)
    client.call("setsockopt", 7, at=40_601, level=1, option=9, value=1)
    client.call(
        "connect", 7, at=40_700, to="10.0.0.9:443", local="10.0.0.1:999", peer="10.0.0.9:443", state="ESTABLISHED"
    )
    client.call("send", 7, at=40_800, asked=5, bytes=5, offset=0, data="hello")
    return client, server


def ten_thousand(folder):
    client, server = conversation(folder)
    at, offset, lines = 100, 0, {client: [], server: []}
    for number in range(2500):
        at += 40_000 if number % 100 == 0 else 50
        for process, call, socket, later in (
            (client, "sendall", 1, 0),
            (server, "recv", 2, 5),
            (server, "sendall", 2, 9),
            (client, "recv", 1, 14),
        ):
            moved = {"asked": 6, "bytes": 6, "offset": offset, "data": f"{number:06}"}
            record = {"time": process.tick(at + later), "thread": 1, "call": call, "socket": socket, "duration": 500}
            lines[process].append(json.dumps({**record, **moved}))
        offset += 6
    for process, records in lines.items():
        process.append("\n".join(records) + "\n")


def texts(page):
    return page.run("[...document.querySelectorAll('#sheet .box')].map((box) => box.textContent)")


def count(page):
    return page.run("document.getElementById('count').textContent")


def choose(page, name, text):
    """Chooses the option whose text contains `text`."""
    page.run(
        f"""(() => {{
            const select = document.getElementById({name!r});
            select.value = [...select.options].find((option) => option.textContent.includes({text!r})).value;
            select.dispatchEvent(new Event("change"));
        }})()"""
    )
    page.settle()


def selected(page):
    return page.run("document.querySelector('#sheet [aria-selected=true]')?.textContent ?? null")


def details(page):
    return page.run("document.getElementById('details').hidden ? '' : document.getElementById('details').innerText")


def test_it_opens_and_lists_its_events_for_a_screen_reader(opened, tmp_path):
    talk(tmp_path / "run")
    page = opened(tmp_path / "run")
    assert page.run("document.title") == "Trace of server.py and client.py"
    assert "16 events · 2 processes" in page.run("document.getElementById('summary').textContent")
    assert count(page) == "15 of 16 events"
    assert len(texts(page)) == 15
    roles = page.run(
        "[...document.querySelectorAll('#sheet > [role=option]')].map((box) => [box.ariaPosInSet, box.ariaSetSize])"
    )
    assert roles == [[str(place), "15"] for place in range(1, 16)]
    assert page.run("document.getElementById('sheet').role") == "listbox"
    label = page.run(
        "[...document.querySelectorAll('#sheet .box')].find((box) => box.textContent.includes('abcde')).ariaLabel"
    )
    assert label.startswith('0.000013 seconds, server.py 10, recv(5) 5 B "abcde"')
    assert "3 B from client.py 20, 2 B from client.py 20" in label
    assert page.run("document.querySelectorAll('img, iframe, link, object, script[src]').length") == 0


def test_arrows_show_what_became_of_the_bytes(opened, tmp_path):
    talk(tmp_path / "run")
    page = opened(tmp_path / "run")
    arrows = page.run(
        "[...document.querySelectorAll('#sheet .arrow')].map((arrow) => [arrow.classList[1], arrow.textContent])"
    )
    # abc and part of defg in one receive, the rest of defg in the next, and what the partial send took.
    assert [text for kind, text in arrows if kind == "data"] == [
        "",
        "3 + 2 B · 3 µs",
        "2 B · 40.0 ms",
        "40 B · 101 µs",
        "5 B",
    ]
    assert [text for kind, text in arrows if kind == "reset"] == ["reset"]
    assert [kind for kind, _ in arrows].count("open") == 2  # to the accept, and to the peer that is not traced
    heads = page.run("[...document.querySelectorAll('#heads .process')].map((head) => head.textContent)")
    assert heads == ["server.py 10", "client.py 20", "not traced"]
    states = page.run(
        "[...document.querySelectorAll('#sheet .state title')].map((title) => title.textContent.split(':')[0])"
    )
    assert {"LISTEN", "ESTABLISHED"} <= set(states)
    assert page.run("document.querySelectorAll('#sheet rect.wait').length") == 1


def test_lost_datagrams_and_woken_calls_are_marked(opened, tmp_path):
    one, other = Process(tmp_path / "run", 1), Process(tmp_path / "run", 2)
    other.socket(1, type="SOCK_DGRAM", at=0)
    other.call("bind", 1, at=1, to="0.0.0.0:53", local="0.0.0.0:53")
    one.socket(1, type="SOCK_DGRAM", at=0)
    for at, data in enumerate(("first", "other", "third"), 2):
        one.call("sendto", 1, at=at, to="127.0.0.1:53", local="0.0.0.0:4000", bytes=5, asked=5, data=data)
    for at, data in ((10, "first"), (11, "third")):
        other.call("recvfrom", 1, at=at, asked=99, bytes=5, data=data, **{"from": "127.0.0.1:4000"})
    other.call("recvfrom", 1, at=20, thread=2, duration=9_000, waits=1, waited=9_000, asked=99, error="Closed")
    other.call("close", 1, at=25, woken=1)
    page = opened(tmp_path / "run")
    assert page.run("[...document.querySelectorAll('#sheet .arrow.lost')].map((arrow) => arrow.textContent)") == [
        "lost"
    ]
    assert page.run("document.querySelectorAll('#sheet .arrow.woken').length") == 1
    assert page.run("document.querySelectorAll('#sheet .box.problem').length") >= 3


def test_filters(opened, tmp_path):
    talk(tmp_path / "run")
    page = opened(tmp_path / "run")
    choose(page, "by-connection", "10.0.0.9:443")
    assert [text.partition("(")[0] for text in texts(page)] == ["connect", 'send 5 B "hello"']
    choose(page, "by-connection", "127.0.0.1:5000")
    assert "accept" in texts(page)  # made on the listener, but it returned the connection
    assert count(page) == "11 of 16 events"
    choose(page, "by-connection", "All")
    choose(page, "by-lane", "server.py")
    assert count(page) == "8 of 16 events"
    choose(page, "by-call", "recv")
    assert [text.partition(" ")[0] for text in texts(page)] == ["recv(5)", "recv(5)", "recv(40)"]
    choose(page, "by-lane", "All")
    choose(page, "by-call", "setsockopt")  # a minor call that was asked for
    assert len(texts(page)) == 1
    choose(page, "by-call", "All")
    page.run("document.getElementById('only-problems').click()")
    page.settle()
    assert [text.partition(" ")[0] for text in texts(page)] == ["▲send", "▲close", "▲send"]
    page.run("document.getElementById('only-problems').click(); document.getElementById('with-quiet').click()")
    page.settle()
    assert count(page) == "16 events"


def test_minor_calls_may_be_shown_from_the_beginning(opened, tmp_path):
    talk(tmp_path / "run")
    page = opened(tmp_path / "run", everything=True)
    assert count(page) == "16 events"


def test_minor_calls_that_fail_are_shown(opened, tmp_path):
    client, _ = talk(tmp_path / "run")
    client.call("setsockopt", 7, at=40_900, level=1, option=9, error="EINVAL")
    page = opened(tmp_path / "run")
    assert count(page) == "16 of 17 events"
    assert "EINVAL" in texts(page)[-1]


def test_searching(opened, tmp_path):
    talk(tmp_path / "run")
    page = opened(tmp_path / "run")
    page.press("/")
    assert page.run("document.activeElement.id") == "search"
    page.type("DEFG sendall")
    page.press("Enter")
    assert texts(page) == ['sendall 4 B "defg"']
    page.press("/")
    page.type("there is no such thing")
    page.press("Enter")
    assert texts(page) == []
    assert "No event matches" in page.run("document.getElementById('nothing').innerText")
    page.press("/")
    page.type("server.py abcde")  # the process is not in the record
    page.press("Enter")
    assert [text.partition(" = ")[0] for text in texts(page)] == ['recv(5) 5 B "abcde"']
    page.press("/")
    page.type("partial-send")  # a finding
    page.press("Enter")
    assert [text.partition(" ")[0] for text in texts(page)] == ["▲send"]
    page.press("/")
    page.press("Escape")
    assert len(texts(page)) == 15


def test_the_keyboard(opened, tmp_path):
    talk(tmp_path / "run")
    page = opened(tmp_path / "run")
    page.press("j")
    assert selected(page).startswith("bind")
    page.press("ArrowDown")
    page.press("j")
    assert selected(page).startswith("connect")
    assert page.run("document.getElementById('sheet').getAttribute('aria-activedescendant')") == page.run(
        "document.querySelector('[aria-selected=true]').id"
    )
    page.press("Enter")  # to the other end of the arrow
    assert selected(page).startswith("accept")
    page.press("k")
    assert selected(page).startswith("connect")
    page.press("n")
    assert "send 40 of 100 B" in selected(page)
    assert "partial-send" in details(page)
    page.press("n")
    assert "close" in selected(page)
    page.press("N")
    assert "send 40" in selected(page)
    page.press("End")
    assert "hello" in selected(page)
    page.press("Home")
    assert selected(page).startswith("bind")
    page.press("Escape")
    assert selected(page) is None
    page.press("?")
    assert page.run("document.getElementById('keys').open")
    page.press("Escape")
    page.run("document.getElementById('keys').close()")
    page.press("p")
    assert len(texts(page)) == 3
    page.press("p")
    page.press("End")
    page.press("c")
    assert len(texts(page)) == 2
    page.press("c")
    assert len(texts(page)) == 15
    page.press("s")
    assert page.run("document.getElementById('side').hidden")
    page.press("s")
    page.press("t")
    assert page.run("document.querySelector('input[name=scale]:checked').value") == "time"
    assert "0.01" in page.run("document.getElementById('times').innerText")


def test_pointing_at_an_event_shows_its_whole_record(opened, tmp_path):
    talk(tmp_path / "run")
    page = opened(tmp_path / "run")
    assert page.run("!document.getElementById('legend').hidden")
    box = "[...document.querySelectorAll('#sheet .box')].find((box) => box.textContent.includes('abcde'))"
    page.mouse("mouseMoved", *page.centre_of(box))
    shown = details(page)
    for part in ('recv(5) 5 B "abcde"', "server.py 10", "127.0.0.1:5000 ⇄ 127.0.0.1:80", "61 62 63 64 65", "offset"):
        assert part in shown
    assert "bytes 3 to 5, 2 B" in shown
    page.mouse("mouseMoved", 5, 5)
    assert page.run("!document.getElementById('legend').hidden")
    page.click(*page.centre_of(box))
    page.mouse("mouseMoved", 5, 5)
    assert "abcde" in details(page)
    page.run(
        "[...document.querySelectorAll('#details ul button')].find((one) => one.innerText.includes('3 to 5')).click()"
    )
    page.settle()
    assert "defg" in selected(page)


def test_a_finding_is_shown_at_its_place_and_leads_to_it(opened, tmp_path):
    talk(tmp_path / "run")
    page = opened(tmp_path / "run")
    assert page.run("document.querySelector('#sheet .card.error').textContent").startswith(
        "partial-send send took 40 of 100"
    )
    assert page.run("document.querySelector('#findings h2').textContent") == "Findings (1)"
    page.run("document.querySelector('#findings button').click()")
    page.settle()
    assert "send 40 of 100" in selected(page)
    assert "docs/findings/partial-send.md" in details(page)


def test_a_trace_without_findings_or_events(opened, tmp_path):
    Process(tmp_path / "run", 1)
    page = opened(tmp_path / "run")
    assert "None of the known mistakes" in page.run("document.getElementById('findings').innerText")
    assert page.run("document.getElementById('nothing').innerText") == "Nothing was recorded."
    for key in ("j", "n", "t", "+", "Enter", "End", "t", "-"):
        page.press(key)
    assert texts(page) == []


def test_ten_thousand_events(opened, tmp_path):
    ten_thousand(tmp_path / "run")
    page = opened(tmp_path / "run")
    assert count(page) == "10,004 events"
    diagram = page.run("performance.getEntriesByName('diagram')[0].startTime")
    first_paint = page.run(
        """new Promise((done) => {
            const observer = new PerformanceObserver((list) => done(list.getEntries()[0].startTime));
            observer.observe({ type: "paint", buffered: true });
        })"""
    )
    assert 0 < first_paint < GENEROUS_PAINT_MS
    assert 0 < diagram < GENEROUS_PAINT_MS
    nodes = "document.querySelectorAll('*').length"
    for key in ("Home", "End", "t", "+", "+", "Home", "End"):
        page.press(key)
        assert 100 < page.run(nodes) < MOST_NODES, key
    page.press("t")
    page.run("document.getElementById('scroller').scrollTop = document.getElementById('scroller').scrollHeight / 2")
    page.settle()
    shown = texts(page)
    assert 20 < len(shown) < 200
    numbers = [int(found) for found in re.findall(r'"(\d{6})"', " ".join(shown))]
    assert 1000 < numbers[0] < 1500
    assert page.run("document.getElementById('overview').hidden") is False
    page.press("/")
    page.type("001234")
    page.press("Enter")
    assert len(texts(page)) == 4


def test_light_and_dark(opened, tmp_path):
    talk(tmp_path / "run")
    page = opened(tmp_path / "run", dark=True)
    ground = "getComputedStyle(document.body).backgroundColor"
    dark = page.run(ground)
    page.prefer("light")
    light = page.run(ground)
    assert light != dark
    page.press("d")  # from auto to light, whatever the system has
    page.prefer("dark")
    assert page.run(ground) == light
    page.press("d")
    page.prefer("light")
    assert page.run(ground) == dark


HOSTILE = [
    "<script>window.caught = 1</script>",
    "</script><script>window.caught = 1</script>",
    "<img src=x onerror='window.caught = 1'>",
    "\x1b[31m\x1b]0;title\x07",
    "\"'`&amp;&lt;",
    "\u202eright to left\u202c \u2066isolated\u2069",
    "\u2028\u2029",
    "\ud800 lone \udfff",
    "{policy}{style}{script}{data}",
]


def test_whatever_is_in_a_trace_is_only_text(opened, tmp_path):
    process = Process(tmp_path / "run", 1, program="<img/src=x/onerror=alert(1)>\u202e.py")
    for number, text in enumerate(HOSTILE, 1):
        data = text.encode("utf-8", "surrogatepass").decode("latin-1")
        process.socket(number, at=number * 10, local=text, peer=text)
        process.call("send", number, at=number * 10 + 1, asked=9, bytes=9, offset=0, data=data)
        process.call("connect", number, to=text, at=number * 10 + 2, error=text, detail=text, state=text)
        process.call(text, number, at=number * 10 + 3, **{text: text})
    page = opened(tmp_path / "run")
    for _ in range(len(HOSTILE) * 3):
        page.press("j")
    assert page.run("window.caught ?? null") is None
    assert page.run("document.querySelectorAll('#work script, #work img, #heads b').length") == 0
    labels = "[...document.querySelectorAll('[aria-label]')].map((one) => one.ariaLabel)"
    everything = page.run(f"document.body.innerText + document.title + {labels}")
    assert "<script>window.caught = 1</script>" in everything
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]", everything)
    for key in ("t", "p", "n"):
        page.press(key)
    assert page.pdf().startswith(b"%PDF")


def test_it_prints(opened, tmp_path):
    client, _ = talk(tmp_path / "run")
    for number in range(100):
        client.call("send", 7, at=50_000 + number, asked=1, bytes=1, offset=5 + number, data="x")
    page = opened(tmp_path / "run")
    page.run("window.dispatchEvent(new Event('beforeprint'))")
    assert page.run("document.querySelectorAll('#paper .box').length") == 115
    sheets = page.run("document.querySelectorAll('#paper .sheet').length")
    assert 4 <= sheets <= 10
    assert "partial-send" in page.run("document.querySelector('#paper .findings').textContent")
    page.run("window.dispatchEvent(new Event('afterprint'))")
    assert page.run("document.querySelectorAll('#paper *').length") == 0
    pages = len(re.findall(rb"/Type /Page\b", page.pdf()))
    assert sheets <= pages <= sheets + 2


@pytest.mark.parametrize("width", [420, 900, 2400])
def test_it_fits_windows_of_any_width(opened, tmp_path, width):
    talk(tmp_path / "run")
    page = opened(tmp_path / "run", width=width)
    assert page.run("document.documentElement.scrollWidth") <= width
    assert page.run("document.getElementById('scroller').clientHeight") > 150
    page.resize(1000, 700)
    page.settle()
    assert len(texts(page)) > 5


def test_segments_are_drawn_between_the_calls(opened, tmp_path):
    client, server = conversation(tmp_path / "run")
    wire = Process(tmp_path / "run", 90, kind="wire")
    ends = ["127.0.0.1:5000", "127.0.0.1:80"]

    def segment(at, way, flags, seq, ack, count=0):
        there, back = ends[::way]
        fields = {
            "flags": flags,
            "seq": seq,
            "ack": ack,
            "window": 512,
            "bytes": count,
            "interface": "lo",
            "way": "loop",
        }
        wire.write(time=wire.tick(at), event="segment", **{"from": there, "to": back, **fields})

    client.call("sendall", 1, at=10, asked=5, bytes=5, offset=0, data="hello")
    segment(11, 1, "PSH|ACK", 1001, 2001, 5)
    segment(12, -1, "ACK", 2001, 1006)
    segment(13, 1, "PSH|ACK", 1001, 2001, 5)
    server.call("recv", 2, at=15, asked=9, bytes=5, offset=0, data="hello")
    page = opened(tmp_path / "run")
    drawn = "[...document.querySelectorAll('#sheet .arrow.wire')].map((arrow) => arrow.classList[2] ?? '')"
    assert page.run(drawn) == ["", "", "bad"]
    assert any(text.startswith("▲retransmission: 5 B seq 1") for text in texts(page))
    choose(page, "by-connection", "127.0.0.1:5000")
    assert len(page.run(drawn)) == 3
    page.run("document.getElementById('with-segments').click()")
    page.settle()
    assert page.run(drawn) == []
