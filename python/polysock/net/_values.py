"""Parts of buffers, and texts in Java's encodings and spellings."""

from ._errors import IndexOutOfBoundsException, NullPointerException, UTFDataFormatException


def part(buffer, off=0, length=None):
    """The part of a bytes-like object that an offset and a length name; without a length, the rest."""
    if buffer is None:
        raise NullPointerException("the buffer is None")
    view = memoryview(buffer).cast("B")
    size = len(view)
    if length is None:
        length = size - off
    if off < 0 or length < 0 or off + length > size:
        raise IndexOutOfBoundsException(f"Range [{off}, {off} + {length}) out of bounds for length {size}")
    return view[off : off + length]


def encode_modified(text):
    """Modified UTF-8 (java.io.DataInput): NUL as two bytes, each half of a surrogate pair as three."""
    units = text.encode("utf-16-be", "surrogatepass")
    if len(units) > 2 * len(text):  # there are pairs
        text = "".join(chr(high << 8 | low) for high, low in zip(units[::2], units[1::2], strict=True))
    return text.encode("utf-8", "surrogatepass").replace(b"\0", b"\xc0\x80")


def decode_modified(data):
    """The text of modified UTF-8."""
    try:
        if data and max(data) >= 0xF0:
            raise ValueError("four bytes for one character")
        text = data.replace(b"\xc0\x80", b"\0").decode("utf-8", "surrogatepass")
    except ValueError as failed:
        raise UTFDataFormatException("malformed input") from failed
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")


def java_text(value):
    """A value as Java's `String.valueOf` writes it."""
    if value is None:
        return "null"
    if value is True:
        return "true"
    if value is False:
        return "false"
    if isinstance(value, float):
        return _double(value)
    if hasattr(value, "toString"):
        return value.toString()
    return str(value)


def _double(value):
    """As `Double.toString`: the shortest digits that tell it, with an exponent outside 10^-3 to 10^7."""
    if value != value:
        return "NaN"
    if value in (float("inf"), float("-inf")):
        return "Infinity" if value > 0 else "-Infinity"
    if value == 0 or 1e-3 <= abs(value) < 1e7:
        return repr(value)
    digits, exponent = f"{value!r}".lower(), 0
    sign = "-" if digits.startswith("-") else ""
    mantissa, _, power = digits.lstrip("-").partition("e")
    whole, _, fraction = mantissa.partition(".")
    if fraction == "0":
        fraction = ""
    exponent = int(power or 0) + len(whole) - 1
    figures = whole + fraction
    stripped = figures.lstrip("0")
    exponent -= len(figures) - len(stripped) if whole == "0" else 0
    stripped = stripped.rstrip("0") or "0"
    return f"{sign}{stripped[0]}.{stripped[1:] or '0'}E{exponent}"
