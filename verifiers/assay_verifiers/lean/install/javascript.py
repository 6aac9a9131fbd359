"""Patches the build's 89 MB of JavaScript to what is read: 0.7 MB.

The loader declares a variable for each of 201,110 exports, looks symbols up by scanning all of them, and
cannot be given its settings. All three make it unusable as shipped: one theorem takes minutes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from assay import InfraError

_ASSIGN = "function assignWasmExports(wasmExports){"
_SYMBOLS = (
    "newSymIndex;result=__find(symbol);"
    'if(result===undefined){dlSetError(`Tried to lookup unknown symbol "${symbol}"`);return 0}'
)
_FIND = (
    'var __find=name=>{var data=globalThis.__SYMBOLS??=require("fs").readFileSync(__dirname+"/symbols.txt");'
    'var key=Buffer.from(name+" "),low=0,high=data.length;while(low<high){var middle=(low+high)>>1,'
    "start=middle?data.lastIndexOf(10,middle-1)+1:0,end=data.indexOf(10,start),"
    "order=key.compare(data,start,Math.min(end,start+key.length));"
    'if(!order)return+data.toString("latin1",start+key.length,end);'
    "if(order<0)high=start;else low=end+1}};"
)
"""A search by halves: as objects, 200,000 names take 0.1 GB and a second of every start."""


def slim(source: str) -> str:
    """Drop the variables of exports that nothing reads.

    Raises:
        InfraError: the text is not the loader that this was written for.
    """
    at = _find(source, _ASSIGN)
    body = at + len(_ASSIGN)
    end = source.index("}", body)
    declared = source.rindex("var ", 0, at)
    rest = source[:declared] + source[end + 1 :]
    read = set(re.findall(r"[A-Za-z_$][\w$]*", rest))
    names = [name.strip() for name in source[declared + 4 : at].rstrip().rstrip(";").split(",")]
    kept = [name for name in names if name.split("=")[0] in read]
    assigned = [a for a in source[body:end].split(";") if a and a.split("=", 1)[0] in read]
    text = f"var {','.join(kept)};{_ASSIGN}{';'.join(assigned)}}}"
    return source[:declared] + text + source[end + 1 :]


def exports_read(source: str) -> set[str]:
    """Names of the exports that the JavaScript itself asks for."""
    pattern = r'(?:wasmExports|moduleExports|instance\.exports)\["([^"]+)"\]'
    return set(re.findall(pattern, source))


def connect(source: str, imported: Mapping[str, int]) -> str:
    """Make the loader find symbols in ``symbols.txt``, and take its settings from us.

    Args:
        source: What `slim` returned.
        imported: Table index or address of each symbol that the module asks its loader for.

    Raises:
        InfraError: the text is not the loader that this was written for.
    """
    text = _replace(
        source,
        'var Module=typeof Module!="undefined"?Module:{};',
        "var Module=globalThis.__LEAN_MODULE||{};",
    )
    start = _find(text, "newSymIndex;var lib=LDSO.loadedLibsByHandle[handle];")
    end = _find(text, "return result};__dlsym_js.sig")
    text = text[:start] + _SYMBOLS + text[end:]
    known = json.dumps(dict(imported), separators=(",", ":"))
    text = _replace(
        text,
        "var getFunctionAddress=func=>{",
        f"{_FIND}var __KNOWN={known};var getFunctionAddress=func=>{{",
    )
    text = _replace(text, "newValue=addFunction(value)}", "newValue=(__KNOWN[symName]??addFunction(value))}")
    text = _replace(
        text,
        "var value=exports[symName];var existingEntry",
        "if(!replace&&!GOT[symName])continue;var value=exports[symName];var existingEntry",
    )
    return _replace(text, "var pthreadPoolSize=4;", "var pthreadPoolSize=globalThis.__LEAN_THREADS||4;")


def symbol_lines(symbols: Mapping[str, int]) -> bytes:
    """Names and values, a line each, in the order in which the loader looks them up."""
    return b"".join(sorted(f"{name} {value}\n".encode() for name, value in symbols.items()))


def _find(text: str, part: str) -> int:
    if text.count(part) != 1:
        raise InfraError(f"the Lean build is not the one that was pinned: {part[:60]!r} is not there once")
    return text.index(part)


def _replace(text: str, old: str, new: str) -> str:
    at = _find(text, old)
    return text[:at] + new + text[at + len(old) :]
