"""YAML that remembers on which line everything stood, so that an error can say where."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any, NoReturn

import yaml

from forbear.errors import RuleError

Path_ = tuple[str | int, ...]

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The same reader in C where the machine has it."""


class Marked:
    """A YAML file as plain values, with the line of every key and item."""

    def __init__(self, file: Path | str, text: str) -> None:
        self.file, self.text = str(file), text
        self.lines: dict[Path_, int] = {}
        try:
            node = yaml.compose(text, Loader=_LOADER)
        except yaml.YAMLError as problem:
            mark = getattr(problem, "problem_mark", None)
            line = mark.line + 1 if mark else 1
            said = str(getattr(problem, "problem", problem)).splitlines()[0]
            raise RuleError(f"not YAML: {said}", where=f"{file} line {line}") from None
        self.value: Any = None if node is None else self._plain(node, ())

    def fail(self, problem: str, path: Path_ = (), remedy: str = "") -> NoReturn:
        """Raise RuleError with file and the line of ``path`` (or of its nearest holder)."""
        while path and path not in self.lines:
            path = path[:-1]
        raise RuleError(problem, where=f"{self.file} line {self.lines.get(path, 1)}", remedy=remedy)

    def where(self, path: Path_) -> str:
        """File and line of ``path``."""
        return f"{self.file} line {self.lines.get(path, 1)}"

    def _plain(self, node: yaml.Node, path: Path_) -> Any:
        self.lines.setdefault(path, node.start_mark.line + 1)
        if isinstance(node, yaml.MappingNode):
            made: dict[str, Any] = {}
            for key_node, value_node in node.value:
                key = str(key_node.value)
                here = (*path, key)
                if key in made:
                    self.lines[here] = key_node.start_mark.line + 1
                    self.fail(f"{key} is said twice", here, "keep one")
                self.lines[here] = key_node.start_mark.line + 1
                made[key] = self._plain(value_node, here)
            return made
        if isinstance(node, yaml.SequenceNode):
            return [self._plain(item, (*path, n)) for n, item in enumerate(node.value)]
        return self._scalar(node, path)

    def _scalar(self, node: yaml.Node, path: Path_) -> Any:
        tag, text = node.tag, str(node.value)
        if tag == "tag:yaml.org,2002:timestamp":
            try:
                return date.fromisoformat(text)
            except ValueError:
                self.fail(f"{text} is not a calendar date", path, "write it as 2026-11-21")
        loader = yaml.SafeLoader("")
        try:
            return loader.construct_object(node, deep=True)
        except (yaml.YAMLError, ValueError) as problem:
            self.fail(f"cannot read {text[:40]!r}: {str(problem).splitlines()[0]}", path)
