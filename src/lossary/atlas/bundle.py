"""Join plain ES modules into one classic script: ``file://`` allows no modules, and pages need no build step."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable

_COMMENT = re.compile(r"^[ \t]*//.*\n", re.MULTILINE)
_IMPORT = re.compile(r'^import\s*([\w*{][^"]*?)\s*from\s*"([^"]+)";?', re.MULTILINE)
_DECLARED = re.compile(r"^export ((?:async )?function\*?|const|let|class) (\w+)", re.MULTILINE)
_LISTED = re.compile(r"\bexport\s*\{([^}]*)\};?")
_DEFAULT = re.compile(r"(?:^|(?<=[;}]))export default ", re.MULTILINE)
_UNKNOWN = re.compile(r"^(?:import|export)\b.*", re.MULTILINE)


def bundle(entry: str, read: Callable[[str], str], packages: dict[str, str]) -> str:
    """Return a script that defines ``entry``, the exports of that module, after all modules that it imports.

    ``read`` returns the text of a module by its path; ``packages`` are the paths of those that are imported by a bare name.
    Statements of import and export stand at the beginning of a line, and modules export names, not values that change.

    Raises ValueError for modules that import one another.
    """
    written: dict[str, str] = {}
    lines: list[str] = []

    def add(path: str, importing: tuple[str, ...]) -> str:
        if path in importing:
            raise ValueError(f"modules import only those below them; got a circle: {' → '.join((*importing, path))}")
        if path not in written:
            text = _COMMENT.sub("", read(path))
            imported = []
            for match in _IMPORT.finditer(text):
                source = match[2]
                target = packages.get(source) or posixpath.normpath(posixpath.join(posixpath.dirname(path), source))
                imported.append(_imported(match[1], add(target, (*importing, path))))
            written[path] = f"m{len(written)}"
            lines.append(
                f"const {written[path]} = (() => {{ // {path}\n{''.join(imported)}{_body(_IMPORT.sub('', text))}}})();\n"
            )
        return written[path]

    name = add(entry, ())
    script = "".join(lines) + f"const entry = {name};\n"
    if "</script" in script.lower():
        raise ValueError(f"{entry}: a script within a page cannot contain </script; write it as <\\/script")
    return script


def _imported(what: str, module: str) -> str:
    if not what.startswith("{"):
        return f"const {what} = {module}.default;\n"
    pairs = [pair.strip() for pair in what.strip("{} \n").split(",") if pair.strip()]
    return f"const {{ {', '.join(pair.replace(' as ', ': ') for pair in pairs)} }} = {module};\n"


def _body(text: str) -> str:
    names = {name: name for _, name in _DECLARED.findall(text)}
    text = _DECLARED.sub(r"\1 \2", text)
    for listed in _LISTED.findall(text):
        for pair in listed.split(","):
            own, _, public = pair.strip().partition(" as ")
            if own:
                names[public or own] = own
    text = _LISTED.sub("", text)
    if _DEFAULT.search(text):
        text, names["default"] = _DEFAULT.sub("const _default = ", text), "_default"
    if unknown := _UNKNOWN.search(text):
        raise ValueError(f"an import or export is of a form that is joined; got {unknown[0]!r}; write names in braces")
    return f"{text.strip()}\nreturn {{ {', '.join(f'{public}: {own}' for public, own in names.items())} }};\n"
