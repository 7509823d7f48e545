"""What do columns need to know of the products and loans whose arrears they bring to today?

One small frame a product (how it counts grace, holds early money, orders its waterfall) and three
figures a loan; joined only to the loans that are touched.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import polars as pl

from forbear.book.intake.costs import chinese_ceilings
from forbear.book.layout import Book
from forbear.book.schema import COMPONENTS
from forbear.errors import BookError
from forbear.loan.ceiling import Ceiling, ceiling_on
from forbear.loan.product import Product, product_from
from forbear.loan.waterfall import COMPONENTS as WATERFALL_COMPONENTS
from forbear.loan.waterfall import stages

COMPONENT = pl.Enum(COMPONENTS)
DUE_STATE = pl.Enum(["past_due", "due"])
SIGNED = ("loan", "product", "signing_fees", "disbursed_on", "last_due_on")
"""What is read of ``loans``."""


@dataclass(frozen=True, slots=True)
class Terms:
    """The products of a book, as columns: see ``terms_of``."""

    products: dict[str, Product]
    by_product: pl.DataFrame
    """One row a product: what its YAML says, and whether columns know all of it."""
    waterfall: pl.DataFrame
    """product, state, component → first, last: sort by (first, due_on, seq, last)."""
    ceilings: tuple[Ceiling, ...] = ()

    def ceiling_rate(self, ceiling_class: str, signed_on: date) -> int:
        """Which simple yearly rate is the most for such a loan? ppb; 0: none is tested."""
        ceiling = ceiling_on(self.ceilings, ceiling_class, signed_on)
        return ceiling.running_rate() if ceiling else 0

    def ceiling_rates(self, loans: pl.DataFrame) -> pl.Series:
        """The same for each of these loans (``product``, ``disbursed_on``)."""
        signed = loans.select("product", "disbursed_on")
        distinct = signed.unique()
        rates = [
            self.ceiling_rate(self.products[name].ceiling_class, on) if name in self.products else 0
            for name, on in distinct.iter_rows()
        ]
        found = distinct.with_columns(rate=pl.Series(rates, dtype=pl.Int64))
        return signed.join(found, on=signed.columns, how="left", maintain_order="left")["rate"]


def book_terms(book: Book) -> Terms:
    """What do columns need to know of the products of this book, and under which ceilings?"""
    tested = book.manifest.assume.get("price_ceiling") != "none"
    products = [product_from(said) for said in book.read_products()]
    return terms_of(products, chinese_ceilings() if tested else ())


def terms_of(products: Iterable[Product], ceilings: Sequence[Ceiling] = ()) -> Terms:
    """What do these products say, as columns?

    >>> from forbear.loan.product import shipped
    >>> terms_of([shipped("single")]).by_product["grace_days"].item()
    0
    """
    named = {product.id: product for product in products}
    by_product = pl.DataFrame(
        [
            (
                p.id,
                p.early_payment == "hold",
                p.penalty.grace_days,
                p.compound or p.penalty.on == "principal_and_interest",
                p.penalty.rate,
                p.penalty.multiple or 0,
                p.day_basis,
                p.recalculation.overdue == "none",
            )
            for p in named.values()
        ],
        schema={
            "product": pl.String,
            "holds_early": pl.Boolean,
            "grace_days": pl.Int32,
            "base_on_interest": pl.Boolean,
            "penalty_own": pl.Int64,
            "penalty_multiple": pl.Int64,
            "day_basis": pl.Int16,
            "columns_know": pl.Boolean,
        },
        orient="row",
    )
    waterfall = pl.DataFrame(
        [row for product in named.values() for row in _places(product)],
        schema={
            "product": pl.String,
            "state": DUE_STATE,
            "component": COMPONENT,
            "first": pl.Int8,
            "last": pl.Int8,
        },
        orient="row",
    )
    return Terms(named, by_product, waterfall, tuple(ceilings))


def _places(product: Product) -> list[tuple[str, str, str, int, int]]:
    """Where each (due state, component) stands: its pass over the items, its place inside a row."""
    found = [
        (product.id, state, WATERFALL_COMPONENTS[component], number, place)
        for number, (past, today, order) in enumerate(stages(product.waterfall))
        for state, taken in (("past_due", past), ("due", today))
        if taken
        for place, component in enumerate(order)
    ]
    return list({row[1:3]: row for row in reversed(found)}.values())


def with_signed(rows: pl.DataFrame, loans: pl.DataFrame) -> pl.DataFrame:
    """These rows with what was signed for their loan beside them.

    ``loans`` is sorted by loan, as stored, so the places are found by bisection, not by a join.
    Raises BookError for a row whose loan is not there.
    """
    places = loans["loan"].search_sorted(rows["loan"])
    if rows.height and (
        places.max() == loans.height or not (loans["loan"].gather(places) == rows["loan"]).all()
    ):
        raise BookError("the state names a loan that is not in the table loans")
    return rows.with_columns(loans[name].gather(places) for name in SIGNED[1:])


def with_terms(rows: pl.DataFrame, loans: pl.DataFrame, terms: Terms) -> pl.DataFrame:
    """These rows with what was signed for their loan and its product beside them."""
    asked = terms.by_product.select("product", "holds_early", "grace_days", "base_on_interest")
    return with_signed(rows, loans).join(asked, on="product", how="left", maintain_order="left")


def grace_ends(open_items: pl.DataFrame, loans: pl.DataFrame, terms: Terms, on: date) -> pl.Series:
    """For which loans does a grace period end with this day, so that penalty runs from tomorrow?"""
    longest = terms.by_product["grace_days"].max()
    if not longest:
        return pl.Series("loan", [], dtype=pl.Int64)
    recent = pl.col("due_on").is_between(on - timedelta(days=int(longest)), on)  # type: ignore[arg-type]
    rows = with_terms(open_items.filter(recent).select("loan", "due_on").unique(), loans, terms)
    ends = pl.col("due_on").cast(pl.Int32) + pl.col("grace_days") == pl.lit(on).cast(pl.Int32)
    return rows.filter(ends, pl.col("grace_days") > 0)["loan"].unique().sort()
