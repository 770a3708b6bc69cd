"""Parts of buffers, and texts in Java's encodings and notation."""

from ._errors import IndexOutOfBoundsException, NullPointerException, UTFDataFormatException


def span(size, off=0, length=None):
    """Checks an offset and a length against a size and returns the length; without a length, that of the rest."""
    if length is None:
        length = size - off
    if off < 0 or length < 0 or off + length > size:
        raise IndexOutOfBoundsException(f"Range [{off}, {off} + {length}) out of bounds for length {size}")
    return length


def part(buffer, off=0, length=None):
    """The part of a bytes-like object at an offset; without a length, the rest."""
    if buffer is None:
        raise NullPointerException("the buffer is None")
    view = memoryview(buffer).cast("B")
    return view[off : off + span(len(view), off, length)]


def room(buffer, off=0, length=None):
    """Like `part`, for writing: a read-only buffer is refused before anything is read that would be lost."""
    view = part(buffer, off, length)
    if view.readonly:
        raise TypeError(f"a read-write bytes-like object is required, not {type(buffer).__name__}")
    return view


def text_of(value):
    """Returns a text as it is; refuses None and anything else."""
    if value is None:
        raise NullPointerException("the text is None")
    if not isinstance(value, str):
        raise TypeError(f"a text is required, not {type(value).__name__}")
    return value


def encode_modified(text):
    """Modified UTF-8 (java.io.DataInput): NUL as two bytes, each half of a surrogate pair as three."""
    units = text.encode("utf-16-be", "surrogatepass")
    if len(units) > 2 * len(text):  # there are pairs
        text = "".join(chr(high << 8 | low) for high, low in zip(units[::2], units[1::2], strict=True))
    return text.encode("utf-8", "surrogatepass").replace(b"\0", b"\xc0\x80")


def decode_modified(data):
    """Decodes modified UTF-8."""
    try:
        if data and max(data) >= 0xF0:
            raise ValueError("four bytes for one character")
        text = data.replace(b"\xc0\x80", b"\0").decode("utf-8", "surrogatepass")
    except ValueError:
        text = _decode_units(data)
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")


def _decode_units(data):
    """Decodes as java.io.DataInputStream does, which accepts overlong forms."""
    text, at = [], 0
    while at < len(data):
        lead = data[at]
        size = 1 if lead < 0x80 else 2 if lead >> 5 == 0b110 else 3 if lead >> 4 == 0b1110 else 0
        group = data[at : at + size]
        if len(group) < max(size, 1) or any(byte >> 6 != 0b10 for byte in group[1:]):
            raise UTFDataFormatException("malformed input")
        unit = lead & (0, 0x7F, 0x1F, 0x0F)[size]
        for byte in group[1:]:
            unit = unit << 6 | byte & 0x3F
        text.append(chr(unit))
        at += size
    return "".join(text)


def java_text(value):
    """Converts a value to a text as Java's `String.valueOf` does."""
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
    if type(value) is int:
        return digits_of(value)
    return str(value)


def digits_of(number, grouping=""):
    """An integer in decimal. Python's own conversion refuses numbers of thousands of digits."""
    try:
        return f"{number:{grouping}d}"
    except ValueError:
        from decimal import Decimal

        return f"{Decimal(number):{grouping}f}"


def _double(value):
    """Converts as Java's `Double.toString` does: the shortest exact digits, with an exponent outside 10^-3 to 10^7."""
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
