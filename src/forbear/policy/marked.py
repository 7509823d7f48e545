"""YAML with the line of everything, so that a mistake is named where it stands.

Numbers with a decimal point are kept as exact decimals (no float touches money or shares), and a key
written twice is a mistake, not the last one winning.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import yaml

from forbear.errors import PolicyError

Place = tuple[str | int, ...]


class Marked:
    """Data read from YAML, with the line on which each part begins."""

    def __init__(self, data: Any, lines: dict[Place, int], where: str) -> None:
        self.data, self.lines, self.where = data, lines, where

    def at(self, path: Place) -> str:
        """Where does this part stand, as ``file line N``? The nearest part around it, if it is absent.

        >>> marked = read("steps:\\n  - id: a\\n    why: b\\n", "x.yaml")
        >>> marked.at(("steps", 0, "why")), marked.at(("steps", 0, "when"))
        ('x.yaml line 3', 'x.yaml line 2')
        """
        while path not in self.lines and path:
            path = path[:-1]
        return f"{self.where} line {self.lines.get(path, 1)}"


def read(text: str, where: str) -> Marked:
    """What does this YAML say, and on which lines? Raises PolicyError with the line.

    >>> read("share: 0.05\\n", "x.yaml").data
    {'share': Decimal('0.05')}
    """
    lines: dict[Place, int] = {}
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as problem:
        mark = getattr(problem, "problem_mark", None)
        line = mark.line + 1 if mark else 1
        raise PolicyError(
            f"not readable as YAML: {getattr(problem, 'problem', None) or 'bad character'}",
            where=f"{where} line {line}",
        ) from None
    if node is None:
        raise PolicyError("the file is empty", where=where)
    return Marked(_value(node, (), lines, where), lines, where)


def _value(node: yaml.Node, path: Place, lines: dict[Place, int], where: str) -> Any:
    lines.setdefault(path, node.start_mark.line + 1)
    if isinstance(node, yaml.MappingNode):
        data: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = str(key_node.value)
            line = key_node.start_mark.line + 1
            if key in data:
                raise PolicyError(f"{key} is written twice", where=f"{where} line {line}")
            lines[(*path, key)] = line
            data[key] = _value(value_node, (*path, key), lines, where)
        return data
    if isinstance(node, yaml.SequenceNode):
        return [_value(item, (*path, place), lines, where) for place, item in enumerate(node.value)]
    if node.tag == "tag:yaml.org,2002:float":
        return Decimal(node.value)
    plain = yaml.SafeLoader("")
    try:
        return plain.construct_object(node)
    except yaml.YAMLError as problem:
        raise PolicyError(str(problem), where=f"{where} line {node.start_mark.line + 1}") from None
    finally:
        plain.dispose()
