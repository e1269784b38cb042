"""inf_text.py: the text of a Windows INF as sections, entries and values.

Source: [INF] "General Syntax Rules for INF Files".
"""

import re
from collections import namedtuple

# `key` is None for a line without `=`; every text is as it stands, strings not put in.
Entry = namedtuple("Entry", "line key values")


class Refused(Exception):
    """An INF that cannot be followed: the line, and why."""

    def __init__(self, line, reason):
        super().__init__(line, reason)
        self.line = line
        self.reason = reason


class Section:
    """All parts of a section together; `name` as the first one spells it."""

    def __init__(self, name, line):
        self.name = name
        self.line = line
        self.entries = []

    def all(self, key):
        return [entry for entry in self.entries if entry.key and entry.key.lower() == key]

    def one(self, key):
        """The values of the only entry of a key, or None."""
        found = self.all(key)
        if len(found) > 1:
            raise Refused(found[1].line, f"a second {found[1].key} in [{self.name}]")
        return found[0] if found else None


def decode(data):
    """INFs are UTF-16 or UTF-8 with a mark, or plain; those of old, in a Windows code page."""
    for mark, encoding in ((b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"),
                           (b"\xef\xbb\xbf", "utf-8")):
        if data.startswith(mark):
            return decode_as(data[len(mark):], encoding)
    if b"\0" in data:
        return decode_as(data, "utf-16-be" if data[:1] == b"\0" else "utf-16-le")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return decode_as(data, "cp1252")


def decode_as(data, encoding):
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        newline = "\n".encode(encoding)
        line = data.count(newline, 0, error.start) + 1
        raise Refused(line, f"not {encoding.upper()} text") from None


# A piece of a line: "text" with "" inside, %string% or %%, or one other character.
PIECE = re.compile(r'"((?:[^"]|"")*)"|(%[^%"]*%)|(.)', re.S)


def cut(text, line):
    """The pieces of a line up to its comment: (text, whether it was quoted)."""
    found = []
    for match in PIECE.finditer(text):
        quoted, token, other = match.groups()
        if other == ";":
            break
        if other == '"':
            raise Refused(line, "a quotation mark is not closed")
        found.append((token or other, False) if quoted is None
                     else (quoted.replace('""', '"'), True))
    while found and not found[-1][1] and found[-1][0].isspace():
        found.pop()
    return found


def field(pieces):
    """The text of a field: blanks around it do not count, unless quoted."""
    while pieces and not pieces[0][1] and pieces[0][0].isspace():
        pieces = pieces[1:]
    while pieces and not pieces[-1][1] and pieces[-1][0].isspace():
        pieces = pieces[:-1]
    return "".join(text for text, _ in pieces)


def split(pieces, separator, most=-1):
    fields = [[]]
    for piece in pieces:
        if piece == (separator, False) and most != 0:
            fields.append([])
            most -= 1
        else:
            fields[-1].append(piece)
    return fields


def entry(line, pieces):
    key, *rest = split(pieces, "=", 1)
    values = [field(part) for part in split(rest[0] if rest else key, ",")]
    while values and values[-1] == "":  # trailing commas may stand or not
        values.pop()
    return Entry(line, field(key) if rest else None, values)


def logical_lines(text):
    """(number, pieces) of each line that says something; continued lines are joined."""
    first, pieces = None, []
    for number, line in enumerate(re.split(r"\r\n|\r|\n", text.rstrip("\x1a")), 1):
        if first is None and line.lstrip().startswith("["):
            yield number, line
            continue
        found = cut(line, number)
        first = first or number
        if found and found[-1] == ("\\", False):
            pieces += found[:-1]
            continue
        if pieces + found:
            yield first, pieces + found
        first, pieces = None, []
    if first is not None:
        raise Refused(first, "the last line is to be continued")


def header(number, line):
    match = re.fullmatch(r"\s*\[([^\]]*)\]\s*(?:;.*)?", line)
    if match is None:
        raise Refused(number, "a section's name is not closed by ] alone")
    name = match.group(1).strip()
    if not name:
        raise Refused(number, "a section without a name")
    return name


def read(text):
    """The sections of an INF, by their names in small letters."""
    sections, current = {}, None
    for number, content in logical_lines(text):
        if isinstance(content, str):
            name = header(number, content)
            current = sections.setdefault(name.lower(), Section(name, number))
        elif current is None:
            raise Refused(number, "an entry before the first section")
        else:
            current.entries.append(entry(number, content))
    if not sections:
        raise Refused(1, "there are no sections")
    return sections
