"""Patches the WebAssembly module: from 201,110 exports, which stock Node refuses, to about 140.

Every function that was exported moves into the function table (a second element segment), so that a
symbol's name still leads to it, through the map that `shrink` returns. No compiler is needed.
Format: the WebAssembly core specification, section 5 (binary format), and the ``dylink.0`` convention.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from assay import InfraError

_TABLE, _GLOBAL, _EXPORT, _IMPORT, _ELEMENT = 4, 6, 7, 2, 9
_FUNCTION, _TAG_OR_TABLE, _GLOBAL_KIND = 0, 1, 3
_ALWAYS = frozenset({"main", "__main_argc_argv", "memory", "__indirect_function_table"})


@dataclass(frozen=True, slots=True)
class Shrunk:
    """The smaller module, and what its loader needs to know."""

    module: bytes
    symbols: dict[str, int]
    """Table index of every function and address of every datum that was exported."""
    imported: dict[str, int]
    """Those of them that the module asks its loader for."""


class Reader:
    """Reads numbers and names at a position that moves."""

    def __init__(self, data: bytes, at: int = 0) -> None:
        """Start at an offset."""
        self.data, self.at = data, at

    def byte(self) -> int:
        """One byte."""
        self.at += 1
        return self.data[self.at - 1]

    def unsigned(self) -> int:
        """An unsigned LEB128 number."""
        value = shift = 0
        while True:
            byte = self.byte()
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    def signed(self) -> int:
        """A signed LEB128 number."""
        value = shift = 0
        while True:
            byte = self.byte()
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value - (1 << shift) if byte & 64 else value

    def name(self) -> str:
        """A length and that many bytes of UTF-8."""
        size = self.unsigned()
        self.at += size
        return self.data[self.at - size : self.at].decode()


def shrink(data: bytes, wanted: Collection[str]) -> Shrunk:
    """Rewrite the module.

    Args:
        data: The module as shipped.
        wanted: Exports that the loader reads by name.

    Raises:
        InfraError: the module has a shape that this was not written for.
    """
    sections = _sections(data)
    where = {kind: (start, size) for kind, start, size in sections if kind}
    try:
        return _shrink(data, sections, where, set(wanted))
    except (IndexError, KeyError, UnicodeDecodeError, AssertionError) as error:
        raise InfraError(f"the Lean build is not the one that was pinned: {error}") from error


def _shrink(
    data: bytes, sections: list[tuple[int, int, int]], where: dict[int, tuple[int, int]], wanted: set[str]
) -> Shrunk:
    imported, first_global = _imports(Reader(data, where[_IMPORT][0]))
    addresses = _globals(Reader(data, where[_GLOBAL][0]), first_global)
    exports = _exports(Reader(data, where[_EXPORT][0]))
    table, size = _elements(Reader(data, where[_ELEMENT][0]))
    assert Reader(data, where[_TABLE][0] + 3).unsigned() == size, "the table is not full"
    added: list[int] = []
    for _, kind, index in exports:
        if kind == _FUNCTION and index not in table:
            table[index] = size + len(added)
            added.append(index)
    symbols = {
        name: table[index] if kind == _FUNCTION else addresses[index]
        for name, kind, index in exports
        if kind in (_FUNCTION, _GLOBAL_KIND)
    }
    need = wanted | _ALWAYS | imported | _thread_locals(data, sections[0])
    kept = [
        (name, kind, index)
        for name, kind, index in exports
        if name in need or kind == _TAG_OR_TABLE or name.lstrip("_").startswith("emscripten_")
    ]
    start, length = where[_ELEMENT]
    old_segment = data[start + 1 : start + length]
    segment = b"\0\x41" + _signed(size) + b"\x0b" + _vector([_unsigned(index) for index in added])
    bodies = {
        _EXPORT: _vector([_name(name) + bytes([kind]) + _unsigned(index) for name, kind, index in kept]),
        _ELEMENT: _unsigned(2) + old_segment + segment,
        _TABLE: _unsigned(1) + b"\x70\0" + _unsigned(size + len(added)),
    }
    out = bytearray(data[:8])
    for kind, start, length in sections:
        body = bodies.get(kind, data[start : start + length])
        out += bytes([kind]) + _unsigned(len(body)) + body
    return Shrunk(bytes(out), symbols, {name: symbols[name] for name in imported if name in symbols})


def _sections(data: bytes) -> list[tuple[int, int, int]]:
    """Kind, start and size of each section."""
    if data[:8] != b"\0asm\x01\0\0\0":
        raise InfraError("the Lean build is not the one that was pinned: not a WebAssembly module")
    found: list[tuple[int, int, int]] = []
    reader = Reader(data, 8)
    while reader.at < len(data):
        kind, size = reader.byte(), reader.unsigned()
        found.append((kind, reader.at, size))
        reader.at += size
    return found


def _imports(reader: Reader) -> tuple[set[str], int]:
    """Names that the loader must provide addresses of, and the number of imported globals."""
    names: set[str] = set()
    count = 0
    for _ in range(reader.unsigned()):
        module, name, kind = reader.name(), reader.name(), reader.byte()
        assert kind in (0, 2, 3), f"import of kind {kind}"
        if kind == 0:
            reader.unsigned()
        elif kind == 2:
            flags = reader.byte()
            reader.unsigned()
            if flags & 1:
                reader.unsigned()
        else:
            reader.at += 2
            count += 1
            if module.startswith("GOT"):
                names.add(name)
    return names, count


def _globals(reader: Reader, first: int) -> dict[int, int]:
    """Value of each global that is a constant."""
    values: dict[int, int] = {}
    for index in range(first, first + reader.unsigned()):
        reader.at += 2
        code = reader.byte()
        assert code in (0x41, 0x23), f"global of kind {code:#x}"
        if code == 0x41:
            values[index] = reader.signed()
        else:
            reader.unsigned()
        assert reader.byte() == 0x0B, "global"
    return values


def _exports(reader: Reader) -> list[tuple[str, int, int]]:
    return [(reader.name(), reader.byte(), reader.unsigned()) for _ in range(reader.unsigned())]


def _elements(reader: Reader) -> tuple[dict[int, int], int]:
    """Table index of each function that is in the table already, and the table's size."""
    assert reader.unsigned() == 1 and reader.byte() == 0 and reader.byte() == 0x41, "element segments"
    offset = reader.signed()
    reader.byte()
    table: dict[int, int] = {}
    count = reader.unsigned()
    for index in range(count):
        table.setdefault(reader.unsigned(), offset + index)
    return table, offset + count


def _thread_locals(data: bytes, section: tuple[int, int, int]) -> set[str]:
    """Names that ``dylink.0`` says something about."""
    kind, start, size = section
    assert kind == 0, "dylink.0"
    reader = Reader(data, start)
    reader.name()
    names: set[str] = set()
    while reader.at < start + size:
        part, length = reader.byte(), reader.unsigned()
        end = reader.at + length
        if part == 3:
            for _ in range(reader.unsigned()):
                names.add(reader.name())
                reader.unsigned()
        reader.at = end
    return names


def _unsigned(value: int) -> bytes:
    out = bytearray()
    while True:
        byte, value = value & 127, value >> 7
        if not value:
            return bytes([*out, byte])
        out.append(byte | 128)


def _signed(value: int) -> bytes:
    out = bytearray()
    while True:
        byte, value = value & 127, value >> 7
        if (value == 0 and not byte & 64) or (value == -1 and byte & 64):
            return bytes([*out, byte])
        out.append(byte | 128)


def _name(text: str) -> bytes:
    raw = text.encode()
    return _unsigned(len(raw)) + raw


def _vector(items: list[bytes]) -> bytes:
    return _unsigned(len(items)) + b"".join(items)
