"""Chromium without a window, driven through its DevTools protocol over two pipes: no download and no port is needed.

with Browser(folder) as browser:
    page = browser.open(path)
    page.run("document.title")
"""

import base64
import contextlib
import fcntl
import json
import os
import select
import shutil
import signal
import time

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
ANSWER_LIMIT = 40  # seconds, on a busy machine
OPTIONS = (
    "--headless=new",
    "--remote-debugging-pipe",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--force-color-profile=srgb",
)


class Browser:
    """A process of Chromium with an empty profile in `folder`."""

    def __init__(self, folder):
        command = [CHROMIUM, *OPTIONS, f"--user-data-dir={folder}"]
        if os.getuid() == 0:
            command.append("--no-sandbox")  # which Chromium refuses to make for root
        its_input, self._input = os.pipe()
        self._output, its_output = os.pipe()
        # Beyond 3 and 4, which are the numbers that Chromium expects.
        theirs = [fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 10) for end in (its_input, its_output)]
        os.close(its_input)
        os.close(its_output)
        silent = (os.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_WRONLY, 0)
        actions = [silent, *((os.POSIX_SPAWN_DUP2, end, number) for number, end in enumerate(theirs, 3))]
        self.pid = os.posix_spawn(CHROMIUM, command, os.environ, file_actions=actions, setpgroup=0)
        for end in theirs:
            os.close(end)
        self._numbers = 0
        self._rest = b""
        self.pages = {}

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        with contextlib.suppress(OSError, TimeoutError, EOFError):
            self.call("Browser.close")
        os.close(self._input)
        os.close(self._output)
        until = time.monotonic() + 10
        while os.waitpid(self.pid, os.WNOHANG) == (0, 0):
            if time.monotonic() > until:
                os.killpg(self.pid, signal.SIGKILL)
                os.waitpid(self.pid, 0)
                break
            time.sleep(0.02)

    def open(self, path, width=1400, height=900, dark=False):
        """Opens a file, and waits until it has been loaded."""
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        page = self.pages[session] = Page(self, session, target)
        for domain in ("Page", "Runtime", "Network", "Log"):
            page.call(f"{domain}.enable")
        page.resize(width, height)
        page.prefer("dark" if dark else "light")
        page.call("Page.navigate", url=f"file://{path}")
        page.wait_for(lambda: page.loaded)
        return page

    def call(self, method, session=None, **parameters):
        """Calls a method of the protocol; returns its result."""
        self._numbers += 1
        number = self._numbers
        message = {"id": number, "method": method, "params": parameters}
        if session:
            message["sessionId"] = session
        self._write(json.dumps(message).encode() + b"\0")
        until = time.monotonic() + ANSWER_LIMIT
        while True:
            answer = self._next(until)
            if answer.get("id") == number:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']}")
                return answer["result"]
            self.note(answer)

    def note(self, message):
        page = self.pages.get(message.get("sessionId"))
        if page is not None and "method" in message:
            page.note(message["method"], message["params"])

    def next(self, until):
        self.note(self._next(until))

    def _write(self, data):
        while data:
            data = data[os.write(self._input, data) :]

    def _next(self, until):
        pieces = [self._rest]
        while b"\0" not in pieces[-1]:
            ready, _, _ = select.select([self._output], [], [], max(until - time.monotonic(), 0))
            if not ready:
                self._rest = b"".join(pieces)
                raise TimeoutError("Chromium does not answer")
            piece = os.read(self._output, 1 << 20)
            if not piece:
                raise EOFError("Chromium has ended")
            pieces.append(piece)
        message, _, self._rest = b"".join(pieces).partition(b"\0")
        return json.loads(message)


class Page:
    """A page, with what it said and asked for."""

    def __init__(self, browser, session, target):
        self._browser, self._session, self._target = browser, session, target
        self.loaded = False
        self.errors = []  # of the console, of scripts, and of the content security policy
        self.requests = []

    def note(self, method, parameters):
        if method == "Page.loadEventFired":
            self.loaded = True
        elif method == "Runtime.exceptionThrown":
            details = parameters["exceptionDetails"]
            self.errors.append(details.get("exception", {}).get("description") or details["text"])
        elif method == "Runtime.consoleAPICalled" and parameters["type"] in ("error", "warning", "assert"):
            self.errors.append(str(parameters["args"]))
        elif method == "Log.entryAdded":
            self.errors.append(parameters["entry"]["text"])
        elif method == "Network.requestWillBeSent":
            self.requests.append(parameters["request"]["url"])

    def call(self, method, **parameters):
        return self._browser.call(method, self._session, **parameters)

    def wait_for(self, condition, seconds=ANSWER_LIMIT):
        until = time.monotonic() + seconds
        while not condition():
            self._browser.next(until)

    def run(self, script):
        """The value of an expression, or of what its promise brings."""
        result = self.call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in result:
            raise AssertionError(result["exceptionDetails"])
        return result["result"].get("value")

    def settle(self):
        """Waits until what was changed has been drawn."""
        self.run("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(true))))")

    def resize(self, width, height):
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)

    def prefer(self, scheme):
        self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])

    def press(self, key, modifiers=0):
        text = key if len(key) == 1 else "\r" if key == "Enter" else ""
        for kind in ("keyDown", "keyUp"):
            self.call(
                "Input.dispatchKeyEvent",
                type=kind,
                key=key,
                modifiers=modifiers,
                **({"text": text} if text and kind == "keyDown" else {}),
            )
        self.settle()

    def type(self, text):
        self.call("Input.insertText", text=text)

    def mouse(self, kind, x, y, **more):
        self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, **more)
        self.settle()

    def click(self, x, y):
        for kind in ("mouseMoved", "mousePressed", "mouseReleased"):
            self.mouse(kind, x, y, button="left", clickCount=1)

    def centre_of(self, script):
        """The middle of an element on the screen."""
        middle = "[box.x + Math.min(box.width, 200) / 2, box.y + box.height / 2]"
        box = self.run(f"(() => {{ const box = ({script}).getBoundingClientRect(); return {middle}; }})()")
        return tuple(box)

    def screenshot(self):
        return base64.b64decode(self.call("Page.captureScreenshot", format="png")["data"])

    def pdf(self):
        return base64.b64decode(self.call("Page.printToPDF", preferCSSPageSize=True, printBackground=True)["data"])

    def close(self):
        self._browser.call("Target.closeTarget", targetId=self._target)
        self._browser.pages.pop(self._session, None)
