"""tools/check_layers.py on small trees: what it counts as a use of another file, and what it reports."""

import re
from pathlib import Path

import check_layers
import pytest


@pytest.fixture
def tree(tmp_path):
    """Writes a tree: tree(lib="mod a;", a="…", **{"a/b": "…"}) → its folder."""

    def write(suffix="rs", **files):
        for name, text in files.items():
            path = tmp_path / "src" / f"{name}.{suffix}"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return tmp_path / "src"

    return write


def uses(tree, **options):
    """{"a b"}: the file a uses the file b."""

    def name(path):
        return str(path.relative_to(tree).with_suffix(""))

    return {f"{name(r.source)} {name(r.target)}" for r in check_layers.references_of(tree, **options)}


@pytest.mark.parametrize(
    "text",
    [
        "use crate::b::B;",
        "use crate::{b::{self, B as Other}};",
        "use super::b::B;",
        "use crate::b::*;",
        "fn f() -> u8 { crate::b::f() }",
        "fn f() { super::b::B { x: 1 }; }",
        "use crate::b;\nfn f() { b::f() }",
        "use crate::b as other;\nfn f() { other::f() }",
        "impl crate::b::T for X {}",
        "fn f() { use crate::b::B; }",
        "mod inner { use super::super::b::B; }",
        "fn f<'a>(c: char) { match c { 'x' | '\\'' => crate::b::f(), _ => {} } }",
        'const S: &str = r#"a " quote"#; use crate::b::B;',
        "/* outer /* inner */ */ use crate::b::B;",
        "#[cfg(test)] use std::io;\nuse crate::b::B;",
        "#[cfg(not(test))] use crate::b::B;",
        "#[cfg(test)] fn g<A, B>(a: A) -> B { todo!() }\nuse crate::b::B;",
    ],
)
def test_rust_use(tree, text):
    root = tree(lib="mod a; mod b;", a=text, b="pub struct B; pub fn f() {} pub trait T {}")
    assert uses(root) == {"a b"}


@pytest.mark.parametrize(
    "text",
    [
        "use std::b::B;",
        "// use crate::b::B;",
        "/// See [`crate::b::B`].\nfn f() {}",
        "/* use crate::b::B; /* */ use crate::b::B; */",
        'const S: &str = "crate::b::B";',
        "#[cfg(test)]\nmod tests { use crate::b::B; fn f() { crate::b::f(); } }",
        "#[cfg(all(test, unix))] use crate::b::{B};",
        "#[cfg(test)] pub(crate) fn f() { crate::b::f() }",
        "#[cfg(test)] mod b;",
        "pub(in crate::b) fn f() {}",
        "fn f(b: u8) { b.f() }",
    ],
)
def test_no_rust_use(tree, text):
    assert uses(tree(lib="mod a; mod b;", a=text, b="pub struct B; pub fn f() {}")) == set()


def test_names_lead_through_reexports_to_the_file_that_defines_them(tree):
    root = tree(
        lib="mod a; mod b; mod d; pub use b::C;",
        a="use crate::b::C; fn f() { crate::C::new(); crate::b::Renamed::new() }",
        d="use crate::b::Own; use crate::b::deep::g;",
        **{"b/mod": "mod c; pub mod deep; pub use c::{C, D as Renamed}; pub struct Own;"},
        **{"b/c": "pub struct C; pub struct D;", "b/deep": "pub use super::c::*; pub fn g() {}"},
    )
    assert uses(root) == {"a b/c", "d b/mod", "d b/deep"}
    assert "lib b/c" in uses(root, reexports=True)


def test_a_reexport_that_the_file_uses_itself_counts(tree):
    root = tree(
        lib="mod m;", **{"m/mod": "mod c; pub use c::C; struct S { c: C }", "m/c": "use super::S; pub struct C;"}
    )
    assert uses(root) == {"m/mod m/c", "m/c m/mod"}


def test_a_file_under_a_build_switch(tree):
    root = tree(
        lib='#[cfg(unix)] #[path = "os/unix.rs"] mod os; #[cfg(not(unix))] #[path = "os/other.rs"] mod os; mod a;',
        a="use crate::os::f;",
        **{"os/unix": "pub fn f() {}", "os/other": "pub fn f() {}"},
    )
    assert uses(root) == {"a os/unix", "a os/other"}


def test_macros_are_found_by_their_path(tree):
    root = tree(
        lib="mod a; mod b;",
        a="crate::b::table!(1);",
        b="macro_rules! table { () => { $crate::b::f() } } pub(crate) use table;",
    )
    assert uses(root) == {"a b"}


@pytest.mark.parametrize(
    "text",
    ["from . import b", "from .b import X", "import src.b", "from src import b", "def f():\n    from .b import X"],
)
def test_python_use(tree, text):
    assert uses(tree("py", __init__="X = 1", a=text, b="")) == {"a b"}


@pytest.mark.parametrize("text", ["import b", "from os import path", "from . import _native", '"""import src.b"""'])
def test_no_python_use(tree, text):
    root = tree("py", __init__="", a=text, b="")
    (root / "_native.pyi").write_text("")
    assert uses(root) == set()


def test_python_attribute_of_a_package(tree):
    files = {"__init__": "X = 1", "net/__init__": "", "net/a": "from .. import X\nfrom ..b import Y", "b": ""}
    assert uses(tree("py", **files)) == {"net/a __init__", "net/a b"}


def test_a_circle_is_shown_with_its_shortest_way(tree, capsys):
    root = tree(
        lib="mod a; mod b; mod c; mod d;", a="use crate::b::B;\nuse crate::c::C;", b="use crate::c::C; pub struct B;"
    )
    tree(c="\nuse crate::a::A;", d="use crate::a::A;")
    (root / "c.rs").write_text("pub struct C;\nfn f() { crate::a::f() }")
    assert not check_layers.check(root, [])
    shown = capsys.readouterr().out
    assert "circle of 3: a.rs b.rs c.rs" in shown
    assert f"{root}/a.rs:2 uses {root}/c.rs (crate::c::C)" in shown
    assert f"{root}/c.rs:2 uses {root}/a.rs (crate::a::f)" in shown


LAYERS = """
src  # a comment
    low   words
    low   sys/layout
    high  *
    crate lib
"""


def test_layers(tree, capsys):
    layers = check_layers.read_layers(LAYERS)["src"]
    assert layers == [("low", ["words", "sys/layout"]), ("high", ["*"]), ("crate", ["lib"])]
    root = tree(
        lib="mod words; mod sys; mod call; use call::f;",
        words="use crate::sys::layout::L; fn f() { crate::call::f() }",
        call="use crate::words::W; pub fn f() {}",
        **{"sys/mod": "pub mod layout;", "sys/layout": "pub struct L;"},
    )
    assert not check_layers.check(root, layers)
    assert f"{root}/words.rs:1 uses {root}/call.rs (crate::call::f): low may not use high" in capsys.readouterr().out
    (root / "words.rs").write_text("use crate::sys::layout::L;")
    assert check_layers.check(root, layers)


@pytest.mark.parametrize(
    ("table", "fault"),
    [("src\n    all lib", "words.rs is in no layer"), ("src\n    all * gone", "names gone, which")],
)
def test_a_table_that_does_not_fit_its_tree(tree, capsys, table, fault):
    root = tree(lib="mod words;", words="")
    assert not check_layers.check(root, check_layers.read_layers(table)["src"])
    assert fault in capsys.readouterr().out


def test_architecture_shows_the_layers_of_the_core():
    layers = check_layers.read_layers(check_layers.LAYERS.read_text())["core/src"]
    names = [name for name, _ in layers if name != "crate"]
    text = (Path(__file__).parents[2] / "ARCHITECTURE.md").read_text()
    assert re.findall(r"^ │ (\w+) ", text, re.MULTILINE) == list(reversed(names))
