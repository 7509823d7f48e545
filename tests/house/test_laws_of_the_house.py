"""House rules that a formatter cannot know, each kept by reading the tree as text or syntax."""

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ENGINE = ROOT / "src" / "forbear"
MONEY_ROOMS = ("loan", "book", "law", "night", "relief", "policy", "facts", "measure")
SHELL_ROOMS = ("cli", "report")


def tracked() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    return [ROOT / name for name in listed.splitlines() if (ROOT / name).is_file()]


def modules(*rooms: str) -> Iterator[tuple[Path, ast.Module]]:
    for room in rooms:
        for path in sorted((ENGINE / room).rglob("*.py")):
            yield path, ast.parse(path.read_text(encoding="utf-8"))


def calls(tree: ast.Module, *names: str) -> list[int]:
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func) in names:
            found.append(node.lineno)
    return found


def test_no_float_touches_money() -> None:
    wrong = [
        f"{path.relative_to(ROOT)}:{line}"
        for path, tree in modules(*MONEY_ROOMS)
        for line in calls(tree, "float", "round")
    ]
    assert not wrong, "float() and bare round() are banned where money is"


def test_no_clock_and_no_chance_below_the_shell() -> None:
    clock = ("date.today", "datetime.now", "datetime.utcnow", "datetime.today", "time.time")
    chance = ("random.random", "random.seed", "np.random.seed", "np.random.default_rng")
    rooms = [
        path.name for path in ENGINE.iterdir() if path.is_dir() and path.name not in SHELL_ROOMS
    ]
    wrong = [
        f"{path.relative_to(ROOT)}:{line}"
        for path, tree in modules(*rooms)
        for line in calls(tree, *clock, *chance)
    ]
    assert not wrong, "clock and chance are arguments"


def test_public_functions_say_which_question_they_answer() -> None:
    rooms = [path.name for path in ENGINE.iterdir() if path.is_dir() and path.name != "__pycache__"]
    silent = []
    for path, tree in modules(*rooms):
        if not ast.get_docstring(tree):
            silent.append(f"{path.relative_to(ROOT)}: module")
        for node in tree.body:
            public = isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name[0] != "_"
            overload = public and any(ast.unparse(d) == "overload" for d in node.decorator_list)
            if public and not overload and not ast.get_docstring(node):
                silent.append(f"{path.relative_to(ROOT)}:{node.lineno} {node.name}")
    assert not silent, "\n".join(silent)


def test_modules_and_functions_stay_small() -> None:
    large = []
    for path, tree in modules(*(p.name for p in ENGINE.iterdir() if p.is_dir())):
        lines = len(path.read_text(encoding="utf-8").splitlines())
        if lines > 500:
            large.append(f"{path.relative_to(ROOT)}: {lines} lines")
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef) and (node.end_lineno or 0) - node.lineno > 70:
                large.append(f"{path.relative_to(ROOT)}:{node.lineno} {node.name}")
    assert not large, "\n".join(large)


def test_no_room_without_a_question() -> None:
    banned = {"utils", "helpers", "common", "manager", "misc"}
    assert not [p for p in ENGINE.rglob("*.py") if p.stem in banned or p.parent.name in banned]


# assembled, so that this file does not contain what it looks for
MACHINE_PATH = re.compile("(?<![\\w.])/(" + "|".join(("work", "farm", "root")) + ")/")
REGISTRY = re.compile("|".join(("pypi" + r"\.org", "pythonhosted" + r"\.org", "--index" + "-url")))


def test_no_machine_path_no_registry_no_secret_in_any_tracked_file() -> None:
    wrong = []
    for path in tracked():
        if path.stat().st_size > 2_000_000:
            continue
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        if MACHINE_PATH.search(text) or REGISTRY.search(text):
            wrong.append(str(path.relative_to(ROOT)))
        if "lock" in path.name and re.search(r"https?://", text):
            wrong.append(f"{path.relative_to(ROOT)}: a host in a lock file")
    assert not wrong


@pytest.mark.parametrize("page", ["where-things-are.md", "laws.md"])
def test_every_path_a_map_names_exists(page: str) -> None:
    text = (ROOT / "docs" / "engineers" / page).read_text(encoding="utf-8")
    named = re.findall(r"`((?:src|tests|docs|benchmarks)/[\w./*-]+)(?:::\w+)?`", text)
    assert len(named) > 20
    missing = [name for name in named if not list(ROOT.glob(name))]
    assert not missing


def test_every_test_the_laws_name_exists() -> None:
    text = (ROOT / "docs" / "engineers" / "laws.md").read_text(encoding="utf-8")
    named = re.findall(r"`(tests/[\w./-]+\.py)::(\w+)`", text)
    assert len(named) >= 10
    missing = [
        f"{path}::{name}"
        for path, name in named
        if f"def {name}(" not in (ROOT / path).read_text(encoding="utf-8")
    ]
    assert not missing
