"""Scanner, which many Java programs read a socket with."""

from java.streams import ByteArrayInputStream
from java.twin import Pair, show, text

from polysock.net import InputMismatchException, PrintWriter, Scanner


def of(characters):
    return Scanner(ByteArrayInputStream(characters.encode()), "UTF-8")


def lines(s):
    found = ""
    while s.hasNextLine():
        found += f"[{s.nextLine()}]"
    return found


def run():
    for characters in ("", "a", "a\n", "a\nb", "a\r\nb\rc\n\nd\r", "\n", " a \n b"):
        name = characters.replace("\n", "N").replace("\r", "R").replace(" ", "_")
        show(f"lines.{name}", lambda characters=characters: lines(of(characters)))

    def words():
        s = of("  add 3 -4\n2.5 1e3 true FALSE x\tlast")
        start = f"{s.next()}{s.nextInt()}{s.nextInt()} {text(s.nextDouble())} {text(s.nextDouble())}"
        middle = f"{text(s.nextBoolean())} {text(s.nextBoolean())} {text(s.hasNextInt())}"
        return f"{start} {middle}{s.next()}{s.next()}{text(s.hasNext())}"

    show("words", words)

    def mixed():
        s = of("7\nline two\n")
        return f"{s.nextInt()}[{s.nextLine()}][{s.nextLine()}]{text(s.hasNextLine())}"

    show("mixed", mixed)
    show("noLine", lambda: of("").nextLine())
    show("noWord", lambda: of("  \n ").next())
    show("noNumber", lambda: of("x").nextInt())
    show("tooLarge", lambda: of("3000000000").nextInt())
    show("long", lambda: of("3000000000").nextLong())
    show("hasTooLarge", lambda: f"{text(of('3000000000').hasNextInt())} {text(of('3000000000').hasNextLong())}")

    def kept():
        s = of("word 5")
        try:
            s.nextInt()
        except InputMismatchException:
            return f"{s.next()}{s.nextInt()}"
        return "read"

    show("kept", kept)
    show("infinity", lambda: of("-Infinity NaN").nextDouble())

    show("grouped", lambda: of("1,000").nextInt())
    show("otherDigits", lambda: of("\u0661").nextInt())

    def blanks():
        found = (c for c in range(0xD800) if Scanner(f"a{chr(c)}b").next() == "a")
        return " ".join(f"{c:x}" for c in found)

    show("blanks", blanks)

    def closed():
        s = of("x")
        s.close()
        return s.next()

    show("closed", closed)
    pair = Pair()
    out = PrintWriter(pair.client.getOutputStream(), True)
    scanner = Scanner(pair.server.getInputStream())
    out.println("hello there")
    show("socket.line", lambda: scanner.nextLine())
    out.println("1 2")
    show("socket.numbers", lambda: scanner.nextInt() + scanner.nextInt())
    out.print("the end")
    out.close()
    show("socket.rest", lambda: lines(scanner))
    scanner.close()
    show("socket.closed", lambda: pair.server.isClosed())
