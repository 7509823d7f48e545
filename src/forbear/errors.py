"""What can go wrong, as one tree: every message names the place and the remedy.

::

    ForbearError                 anything the user can mend; the shell prints it and exits 2
    ├── InputError               a file, row or field that cannot be read as what it claims to be
    ├── RangeError               an amount, rate or span outside the declared ranges
    ├── RuleError                a rulebook file that is not one dated, cited rule
    ├── PolicyError              a policy file that cannot be run as written
    ├── ProductError             terms that cannot be signed (contradictory, or over the price ceiling)
    ├── BookError                a book that is missing a table, a column, a day
    └── CaseError                a conformance file that uses a word the reader does not know

Bad *rows* are not errors but values: they are set aside with a reason and counted (see
``forbear.book.intake.load``), so that nothing is lost and the rest goes on.
"""

from __future__ import annotations


class ForbearError(Exception):
    """A problem the user can mend: what is wrong, where, and what to do about it.

    >>> print(ForbearError("due date 2026-02-31 does not exist", where="loans.csv row 7, due_on",
    ...                    remedy="give a calendar date as YYYY-MM-DD"))
    loans.csv row 7, due_on: due date 2026-02-31 does not exist (give a calendar date as YYYY-MM-DD)
    """

    def __init__(self, problem: str, *, where: str = "", remedy: str = "") -> None:
        self.problem, self.where, self.remedy = problem, where, remedy
        super().__init__(problem)

    def __str__(self) -> str:
        where = f"{self.where}: " if self.where else ""
        remedy = f" ({self.remedy})" if self.remedy else ""
        return f"{where}{self.problem}{remedy}"


class InputError(ForbearError):
    """A file, row or field that cannot be read as what it claims to be."""


class RangeError(ForbearError):
    """An amount, rate or span outside the declared ranges."""


class RuleError(ForbearError):
    """A rulebook file that is not one dated, cited rule."""


class PolicyError(ForbearError):
    """A policy file that cannot be run as written."""


class ProductError(ForbearError):
    """Terms that cannot be signed: contradictory, or over the price ceiling."""


class BookError(ForbearError):
    """A book that is missing a table, a column or a day."""


class CaseError(ForbearError):
    """A conformance file that uses a word the reader does not know."""
