"""In which order does money reach what is owed? Due state × component, across or down.

A product names the order (``Product.waterfall``); Civil Code art. 561 is the default: costs, then
interest, then principal. *Horizontal* clears the oldest instalment with all its components before the
next; *vertical* clears one component over all instalments before the next component. Which of the two
decides which instalment is cured first, so it belongs to the product, never to the way money came in.

Penalty interest is one stream a loan: it stands with the oldest unpaid instalment.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Literal, TypeAlias

from forbear.loan.product import Component, Frequency, Waterfall

COMPONENTS: tuple[Component, ...] = ("penalty", "fee", "interest", "principal")
"""Components by place: a row's ``due`` and ``paid`` are lists in this order."""

PENALTY, FEE, INTEREST, PRINCIPAL = range(4)

Stage: TypeAlias = tuple[bool, bool, tuple[int, ...]]
"""Takes items past due, takes items due today, and in which order of components."""


class Row:
    """One instalment (or charge, ``seq`` 0) with what is due on it and what was paid.

    Days are ordinals (``date.toordinal``): this is the inside of the replay, where speed counts.
    """

    __slots__ = (
        "closed", "due", "due_on", "early", "every", "extra", "flows", "from_on", "gone", "grid",
        "late", "met_on", "paid", "seq", "steady", "waits",
    )  # fmt: skip

    def __init__(self, seq: int, from_on: int, due_on: int, due: list[int]) -> None:
        self.seq, self.from_on, self.due_on = seq, from_on, due_on
        self.due, self.paid = due, [0, 0, 0, 0]
        self.early = self.late = 0
        """Paid before and after the due date."""
        self.met_on: int | None = None
        self.flows: list[tuple[int, int]] = []
        """(day, amount) of principal paid."""
        self.steady: int | None = None
        """The level amount of interest and principal together; none: the principal is fixed."""
        self.grid: tuple[tuple[int, int], ...] | None = None
        """The regular periods by which its days are counted, where they are not its own."""
        self.every: Frequency | None = None
        """How often, where it is not as the product says."""
        self.gone: list[tuple[int, int]] = []
        """(day, amount) of principal let go of."""
        self.extra = 0
        """Interest on top of what runs: taken over from before; negative: let go of."""
        self.waits = self.closed = False
        """Its interest waits for the next; a new schedule took its place."""

    @property
    def open(self) -> bool:
        """Is anything on it unpaid?"""
        return self.due != self.paid

    @property
    def let_go(self) -> int:
        """Principal let go of."""
        return sum(amount for _, amount in self.gone)

    @property
    def owed(self) -> int:
        """How much of it is unpaid?"""
        return sum(self.due) - sum(self.paid)

    def pay(self, component: int, most: int, day: int) -> int:
        """How much of at most ``most`` does this component take on ``day``?"""
        owed = self.due[component] - self.paid[component]
        if owed <= 0 or most <= 0:
            return 0
        part = owed if owed < most else most
        self.paid[component] += part
        if component == PRINCIPAL:
            self.flows.append((day, part))
        if day < self.due_on:
            self.early += part
        elif day > self.due_on:
            self.late += part
        if self.due == self.paid:
            self.met_on = day
        return part


class Part(Row):
    """A charge shown with an instalment, but paid like what is due from its own due date on."""

    __slots__ = ("whole",)

    def __init__(self, whole: Row, due_on: int, place: int, amount: int) -> None:
        super().__init__(whole.seq, due_on, due_on, [0, 0, 0, 0])
        self.due[place] = amount
        self.whole = whole

    def pay(self, component: int, most: int, day: int) -> int:
        """How much does it take? What it takes is paid on its instalment."""
        owed = self.due[component] - self.paid[component]
        part = self.whole.pay(component, min(owed, most), day)
        self.paid[component] += part
        return part


@lru_cache(maxsize=256)
def stages(waterfall: Waterfall) -> tuple[Stage, ...]:
    """In which passes over the items that are due does this order share money out?

    >>> stages(Waterfall())
    ((True, True, (1, 0, 2, 3)),)
    >>> len(stages(Waterfall(direction="vertical")))
    8
    """
    down = waterfall.direction == "vertical"
    passes: list[tuple[str, list[int]]] = []
    for state, component in waterfall.pairs:
        if state == "in_advance":
            continue
        place = COMPONENTS.index(component)
        if down or not passes or passes[-1][0] != state:
            passes.append((state, [place]))
        else:
            passes[-1][1].append(place)
    states, orders = [each[0] for each in passes], [each[1] for each in passes]
    if states == ["past_due", "due"] and orders[0] == orders[1]:
        return ((True, True, tuple(orders[0])),)
    return tuple((state == "past_due", state == "due", tuple(order)) for state, order in passes)


@lru_cache(maxsize=256)
def order_in_advance(waterfall: Waterfall) -> tuple[int, ...]:
    """In which order do the components of an instalment to come take money?

    >>> order_in_advance(Waterfall(components=("penalty", "fee", "principal", "interest")))
    (0, 1, 3, 2)
    """
    return tuple(COMPONENTS.index(c) for state, c in waterfall.pairs if state == "in_advance")


def share_out(
    money: int, rows: Sequence[Row], penalty: int, order: tuple[Stage, ...], day: int
) -> tuple[int, int]:
    """How does ``money`` reach these rows (all due, oldest first) and the loan's penalty?

    Returns what is left of the money, and how much went to the penalty stream.

    >>> old, new = Row(1, 1, 10, [0, 0, 5, 50]), Row(2, 10, 20, [0, 0, 4, 51])
    >>> share_out(70, [old, new], 3, stages(Waterfall()), 20)
    (0, 3)
    >>> old.paid, new.paid
    ([0, 0, 5, 50], [0, 0, 4, 8])
    """
    to_penalty = 0
    for past, today, components in order:
        first = True
        for row in rows:
            if not (past if row.due_on < day else today):
                continue
            for place in components:
                if first and place == PENALTY and past and penalty > to_penalty:
                    part = min(penalty - to_penalty, money)
                    to_penalty += part
                    money -= part
                money -= row.pay(place, money, day)
            first = False
            if money <= 0:
                return 0, to_penalty
        if first and past and PENALTY in components:
            part = min(penalty - to_penalty, money)
            to_penalty += part
            money -= part
    return money, to_penalty


def rows_in_advance(
    rows: Iterable[Row], rule: Literal["next_instalment", "last_instalment", "all_equally"]
) -> list[Row]:
    """Which instalments to come take money first, in this order?"""
    coming = [row for row in rows if row.open]
    return coming[::-1] if rule == "last_instalment" else coming
