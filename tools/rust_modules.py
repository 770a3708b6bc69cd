"""Which file of a crate uses which other one, read from its source: `references(lib_rs)`.

Rust is read as tokens, not understood: `mod` and `use` items, what each module defines, and the paths written in it.
That is enough to find the file a path leads to, also through re-exports and under another name.
"""

import re

TOKEN = re.compile(
    r"""
    (?P<skip>\s+|//[^\n]*)
  | (?P<comment>/\*)
  | (?P<text>[bc]?r(?P<hashes>\#*)".*?"(?P=hashes) | [bc]?"(?:[^"\\]|\\.)*")
  | (?P<char>b?'(?:[^'\\\n]|\\(?:u\{[^}]*\}|x..|.))')
  | (?P<lifetime>'\w+)
  | (?P<word>(?:r\#)?[A-Za-z_]\w*)
  | (?P<other>::|\w+|.)
    """,
    re.VERBOSE | re.DOTALL,
)
OPENING, CLOSING = "([{", ")]}"
ITEMS = {"fn", "struct", "enum", "union", "trait", "type", "const", "static"}
KEYWORDS_OF_ITEMS = ITEMS | {"mod", "use", "impl", "unsafe", "extern", "async", "let", "macro_rules"}


def tokens_of(source):
    """The tokens of a source text with their lines, without comments."""
    tokens, position, line = [], 0, 1
    while position < len(source):
        match = TOKEN.match(source, position)
        end = match.end()
        if match["comment"]:
            depth = 1
            while depth:
                mark = re.compile(r"/\*|\*/").search(source, end)
                depth += 1 if mark[0] == "/*" else -1
                end = mark.end()
        elif not match["skip"]:
            tokens.append((match[0], line))
        line += source.count("\n", position, end)
        position = end
    return tokens


class Module:
    """A module: a file, or a part of one in braces."""

    def __init__(self, file, folder, parent):
        self.file, self.folder, self.parent = file, folder, parent
        self.children = {}  # name → modules: several where build switches choose
        self.items = set()
        self.names = {}  # name → paths bound to it by `use`
        self.globs = []  # paths of which `use` takes everything
        self.paths = []  # (path, line): everything that is used here
        self.doors = []  # (name, path, line): what it passes on to others by `pub use`
        self.words = set()  # every word in it outside its `use` items

    @property
    def root(self):
        return self.parent.root if self.parent else self

    def walk(self):
        yield self
        for modules in self.children.values():
            for module in modules:
                yield from module.walk()


def read_module(file, parent):
    folder = file.parent if file.name in ("lib.rs", "main.rs", "mod.rs") else file.with_suffix("")
    module = Module(file, folder, parent)
    Reader(module, tokens_of(file.read_text(encoding="utf-8"))).read()
    return module


class Reader:
    """Reads the tokens of a module into it."""

    def __init__(self, module, tokens):
        self.module, self.tokens, self.at = module, tokens, 0

    def text(self, offset=0):
        place = self.at + offset
        return self.tokens[place][0] if 0 <= place < len(self.tokens) else ""

    def read(self):
        depth, other_files = 0, []
        while self.at < len(self.tokens):
            text = self.text()
            if text == "#" and self.text(1) == "[":
                attribute = self.take_group(1)
                if is_test_only(attribute):
                    self.skip_item()
                elif "path" in attribute:
                    other_files += [t[1:-1] for t in attribute if t.startswith('"') and t.endswith('.rs"')]
                continue
            if text == "extern" and self.text(1).startswith('"') and self.text(2) == "{":
                self.at += 3  # its items belong to the module
                depth -= 1
                continue
            if text == "mod" and is_name(self.text(1)) and self.text(2) in ("{", ";") and depth <= 0:
                self.read_child(other_files)
                other_files = []
                continue
            if text == "use" and self.text(1) != "<":
                self.read_use()
                continue
            self.module.words.add(text)
            if depth <= 0:
                self.note_item(text)
            if text in OPENING:
                depth += 1
            elif text in CLOSING:
                depth = min(depth, 0) if depth < 0 else depth - 1
            if self.is_start_of_path():
                self.read_path()
            else:
                self.at += 1

    def take_group(self, offset):
        """The tokens inside the brackets that open at `offset`; goes past them."""
        start = self.at + offset
        self.at, depth = start, 0
        while self.at < len(self.tokens):
            depth += (self.text() in OPENING) - (self.text() in CLOSING)
            self.at += 1
            if depth == 0:
                break
        return [text for text, _ in self.tokens[start + 1 : self.at - 1]]

    def skip_item(self):
        """Goes past the item, statement or field that comes next."""
        while self.text() == "#" and self.text(1) == "[":
            self.take_group(1)
        if self.text() == "pub":
            self.at += 1
            if self.text() == "(":
                self.take_group(0)
        keyword = self.text()
        while self.at < len(self.tokens):
            text = self.text()
            if text in CLOSING:
                return
            if text in OPENING:
                self.take_group(0)
                if text == "{" and keyword not in ("use", "let", "const", "static"):
                    return
                continue
            self.at += 1
            if text == ";" or (text == "," and keyword not in KEYWORDS_OF_ITEMS):
                return

    def note_item(self, text):
        following = self.text(1)
        if text == "macro_rules" and following == "!":
            self.module.items.add(self.text(2))
        elif text in ITEMS:
            name = self.text(2) if following == "mut" else following
            if is_name(name) and name not in ("fn", "unsafe", "extern", "async"):
                self.module.items.add(name)

    def read_child(self, other_files):
        name = self.text(1)
        children = self.module.children.setdefault(name, [])
        if self.text(2) == "{":
            child = Module(self.module.file, self.module.folder / name, self.module)
            start = self.at + 2
            self.take_group(2)
            Reader(child, self.tokens[start + 1 : self.at - 1]).read()
            children.append(child)
            return
        self.at += 3
        candidates = [self.module.folder / f"{name}.rs", self.module.folder / name / "mod.rs"]
        for file in [self.module.file.parent / other for other in other_files] or candidates:
            if file.exists():
                children.append(read_module(file, self.module))

    def read_use(self):
        is_door = self.text(-1) == "pub" or (self.text(-1) == ")" and self.text(-4) == "pub")
        line = self.tokens[self.at][1]
        self.at += 1
        self.read_use_tree((), line, is_door)
        self.at += 1  # the semicolon

    def read_use_tree(self, before, line, is_door):
        path = before
        while True:
            text = self.text()
            if text == "{":
                self.at += 1
                while self.text() not in ("}", ""):
                    self.read_use_tree(path, self.tokens[self.at][1], is_door)
                    if self.text() == ",":
                        self.at += 1
                self.at += 1
                return
            if text == "*":
                self.at += 1
                self.module.globs.append(path)
                self.note_use("*", (*path, "*"), line, is_door)
                return
            if text != "::":
                path += (text,)
            self.at += 1
            if self.text() != "::":
                break
            self.at += 1
        if len(path) > 1 and path[-1] == "self":
            path = path[:-1]
        name = path[-1]
        if self.text() == "as":
            name = self.text(1)
            self.at += 2
        self.module.names.setdefault(name, []).append(path)
        self.note_use(name, path, line, is_door)

    def note_use(self, name, path, line, is_door):
        if is_door:
            self.module.doors.append((name, path, line))
        else:
            self.module.paths.append((path, line))

    def is_start_of_path(self):
        """Whether a path of several parts begins here, other than that of a visibility."""
        before = self.text(-1)
        return is_name(self.text()) and self.text(1) == "::" and before not in ("::", ".", "in", "'")

    def read_path(self):
        path, line = (self.text(),), self.tokens[self.at][1]
        self.at += 1
        while self.text() == "::" and is_name(self.text(1)):
            path += (self.text(1),)
            self.at += 2
        self.module.words.update(path)
        self.module.paths.append((path, line))


def is_name(text):
    return bool(re.fullmatch(r"(?:r#)?[A-Za-z_]\w*", text))


def is_test_only(attribute):
    return attribute[:1] == ["cfg"] and "test" in attribute and "not" not in attribute


def resolve(module, path, seen=frozenset()):
    """What a path written in a module means: modules, or the files that define the item. Other crates give nothing."""
    first, rest = path[0], path[1:]
    if first == "crate":
        reached = [module.root]
    elif first == "self":
        reached = [module]
    elif first == "super":
        reached = [module.parent]
    else:
        reached = look_up(module, first, seen)
    for name in rest:
        further = []
        for place in reached:
            if not isinstance(place, Module):
                further.append(place)
            elif name == "super":
                further.append(place.parent)
            elif name == "*":
                further.append(place.file)
            else:
                further += look_up(place, name, seen) or [place.file]
        modules = [place for place in further if isinstance(place, Module)]
        # A module and a function may share a name: what is followed by another part is the module.
        reached = modules if modules and name != rest[-1] else further
    return reached


def look_up(module, name, seen):
    """What a name means in a module, among what it defines and what it imports."""
    if (module, name) in seen:
        return []
    seen = seen | {(module, name)}
    found = list(module.children.get(name, []))
    if name in module.items:
        found.append(module.file)
    for path in module.names.get(name, []):
        found += resolve(module, path, seen)
    if not found:
        for path in module.globs:
            for place in resolve(module, path, seen):
                if isinstance(place, Module):
                    found += look_up(place, name, seen)
    return found


def references(lib_rs, reexports=False):
    """(file, line, file it uses, by which path) of every use between two files of a crate.

    A re-export is none unless the file itself uses the name, or `reexports` counts them all.
    """
    for module in read_module(lib_rs, None).walk():
        doors = [(path, line) for name, path, line in module.doors if reexports or name in module.words]
        for path, line in module.paths + doors:
            for place in resolve(module, path):
                # A module that is imported is used by the paths that go through it.
                if not isinstance(place, Module) and place != module.file:
                    yield module.file, line, place, "::".join(path)
