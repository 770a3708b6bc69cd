"""Java-style `printf` (java.util.Formatter) for the conversions of numbers, text and booleans."""

import os
import re
from decimal import ROUND_HALF_UP, Decimal, localcontext

from ._errors import (
    IllegalArgumentException,
    IllegalFormatConversionException,
    MissingFormatArgumentException,
    UnknownFormatConversionException,
)
from ._values import digits_of, java_text, text_of

# The largest width, precision and index.
_MOST = 2**31 - 1
_SPECIFIER = re.compile(r"%(\d+\$|<)?([-#+ 0,(]*)(\d+)?(\.\d+)?([a-zA-Z%])?")


def java_format(pattern, arguments):
    """Formats arguments by a pattern."""
    position = last = -1

    def convert(match):
        nonlocal position, last
        which, flags, width, precision, conversion = match.groups()
        if conversion is None:
            raise UnknownFormatConversionException("Conversion = '%'")
        if conversion == "n":
            return os.linesep
        if conversion == "%":
            return _pad("%", flags, width and _count(width))
        if which == "<":
            at = last
        elif which:
            at = _count(which[:-1]) - 1
        else:
            at = position = position + 1
        last = at
        if not 0 <= at < len(arguments):
            raise MissingFormatArgumentException(f"Format specifier '{match.group()}'")
        places = None if precision is None else _count(precision[1:])
        return _one(arguments[at], flags, width and _count(width), places, conversion)

    return _SPECIFIER.sub(convert, text_of(pattern))


def _count(digits):
    """An index, a width or a precision."""
    count = int((digits.lstrip("0") or "0")[:11])  # enough to see that a longer one is too large
    if count > _MOST:
        raise IllegalArgumentException(f"not a 32-bit number: {digits[:40]}")
    return count


def _one(value, flags, width, precision, conversion):
    kind = conversion.lower()
    if kind == "s":
        text = _cut(java_text(value), precision)
    elif kind == "b":
        text = _cut(java_text(value if isinstance(value, bool) else value is not None), precision)
    elif kind == "h":
        text = java_text(value if value is None else f"{hash(value) & 0xFFFF_FFFF:x}")
    elif value is None:
        text = _cut("null", precision)
    elif kind == "c":
        text = _character(value) if isinstance(value, int) else str(value)
    elif kind in "dox" and isinstance(value, int) and not isinstance(value, bool):
        return _upper(_whole(value, flags, width, kind), conversion)
    elif kind in "efg" and isinstance(value, (int, float)):
        return _upper(_broken(value, flags, width, precision, kind), conversion)
    elif kind in "doxefg":
        raise IllegalFormatConversionException(f"{conversion} != {type(value).__name__}")
    else:
        raise UnknownFormatConversionException(f"Conversion = '{conversion}'")
    return _upper(_pad(text, flags, width), conversion)


def _character(code_point):
    if not 0 <= code_point <= 0x10FFFF:
        raise IllegalArgumentException(f"Code point = {code_point:#x}")
    return chr(code_point)


def _whole(value, flags, width, kind):
    if kind in "ox" and value < 0:
        value &= 0xFFFF_FFFF if value >= -(1 << 31) else 0xFFFF_FFFF_FFFF_FFFF
    grouping = "," if "," in flags else ""
    digits = digits_of(abs(value), grouping) if kind == "d" else format(abs(value), kind)
    if "#" in flags:
        digits = {"o": "0", "x": "0x"}.get(kind, "") + digits
    return _signed(digits, value < 0, flags, width)


def _broken(value, flags, width, precision, kind):
    if value != value or value in (float("inf"), float("-inf")):
        return _pad(java_text(value), flags.replace("0", ""), width)
    places = 6 if precision is None else precision
    comma = "," if "," in flags else ""
    # Java rounds half up.
    with localcontext(prec=400, rounding=ROUND_HALF_UP):
        number = abs(Decimal(value if isinstance(value, int) else repr(value)))
        if kind == "g":
            places = max(places, 1)
            power = int(f"{number:.{places - 1}e}".partition("e")[2]) if number else 0
            kind, places = ("f", places - 1 - power) if -4 <= power < places else ("e", places - 1)
        if kind == "e":
            mantissa, _, power = f"{number:.{places}e}".partition("e")
            digits = f"{mantissa}e{int(power) if number else 0:+03}"
        else:
            digits = f"{number:{comma}.{places}f}"
    return _signed(digits, value < 0, flags, width)


def _signed(digits, negative, flags, width):
    if negative:
        before, after = ("(", ")") if "(" in flags else ("-", "")
    else:
        before, after = ("+" if "+" in flags else " " if " " in flags else "", "")
    if "0" in flags and width:
        digits = digits.rjust(width - len(before) - len(after), "0")
    return _pad(before + digits + after, flags, width)


def _cut(text, precision):
    return text if precision is None else text[:precision]


def _pad(text, flags, width):
    if not width:
        return text
    return text.ljust(width) if "-" in flags else text.rjust(width)


def _upper(text, conversion):
    return text.upper() if conversion.isupper() else text
