"""No loop is where a cleanup must not be missed.

In CPython 3.14, what a signal handler raises where a loop in a `try` or a `with` begins again may escape from it: the
jump back is missing from the exception table. Therefore the `try` calls a function that has the loop.
"""

import ast
from pathlib import Path

import polysock

FOLDER = Path(polysock.__file__).parent
LOOPS = (ast.While, ast.For, ast.ListComp, ast.SetComp, ast.DictComp)


def must_clean_up(part):
    """Whether it is a `try` that undoes something whatever is raised, or has a lock meanwhile."""
    if isinstance(part, ast.Try):
        caught = [ast.unparse(handler.type) for handler in part.handlers if handler.type is not None]
        return bool(part.finalbody) or "BaseException" in caught
    return isinstance(part, ast.With) and any("lock" in ast.unparse(item.context_expr).lower() for item in part.items)


def test_no_loop_is_where_a_cleanup_must_not_be_missed():
    found, looked_at = [], 0
    for path in FOLDER.rglob("*.py"):
        for part in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if must_clean_up(part):
                looked_at += 1
                inside = (inner for step in part.body for inner in ast.walk(step))
                found += [f"{path.relative_to(FOLDER)}:{inner.lineno}" for inner in inside if isinstance(inner, LOOPS)]
    assert not found
    assert looked_at > 40
