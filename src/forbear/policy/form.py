"""What may stand in a policy file? Every key, with its kind and its bounds.

The form only says what can be written. Whether what is written makes sense together (steps that can
never hold, an ``else`` that goes to a harsher step) is said by ``forbear.policy.check``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, field_validator

from forbear.book.schema import CHANNELS, PURPOSES
from forbear.relief.terms import OFFERS, Form, Relief

TONES = ("supportive", "warm", "friendly", "neutral", "factual")
"""How to speak, gentlest first. There is no harsher one: a threat is not a tone."""

HOURS = ("best_hour", "other_hours")
"""When in the day: the hour most likely to be answered, or the other half of the day than that."""

QUIET = ("promise_open", "plan_kept", "help_requested", "dispute_open", "complaint_open")
"""What silences chasing in every policy (DESIGN law 7); a policy may name more, never fewer."""

SHARE_ONE = 1_000_000


def _one_of(values: Iterable[str]) -> Callable[[str], str]:
    known = tuple(values)

    def check(value: str) -> str:
        if value not in known:
            raise ValueError(f"{value!r} is not one of: {', '.join(known)}")
        return value

    return check


def _share(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise ValueError("a share is a number from 0 to 1, as 0.05")
    millionths = Decimal(value) * SHARE_ONE
    if millionths != millionths.to_integral_value() or not 0 <= millionths <= SHARE_ONE:
        raise ValueError("a share is from 0 to 1 with at most six decimals")
    return int(millionths)


Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=40)]
Channel = Annotated[str, AfterValidator(_one_of(CHANNELS))]
Share = Annotated[int, BeforeValidator(_share)]


class Said(Form):
    """The same sentence in both languages."""

    zh: Annotated[str, Field(min_length=2)]
    en: Annotated[str, Field(min_length=2)]


class Do(Form):
    """What a step does: the way, the tone, the wording, the ways out it carries."""

    channel: Channel
    tone: Annotated[str, AfterValidator(_one_of(TONES))]
    template: Name | None = None
    offer: Annotated[
        tuple[Annotated[str, AfterValidator(_one_of(OFFERS))], ...], Field(min_length=1)
    ]
    purpose: Annotated[str, AfterValidator(_one_of(PURPOSES))] = "collect"
    proposal: bool = False
    hour: Annotated[str, AfterValidator(_one_of(HOURS))] | None = None

    @property
    def severity(self) -> int:
        """How harsh is it? First what it is for, then the way, then the tone; 0 is gentlest.

        A notice, a reminder or an offer of help is gentler than any step that asks for money.

        >>> Do(channel="sms", tone="warm", offer=("help",)).severity
        1021
        """
        way = CHANNELS.index(self.channel) * 10
        asks = self.purpose in ("collect", "locate")
        return 1000 + way + TONES.index(self.tone) if asks else way


class Step(Form):
    """One rung: when it holds, what it does, where a blocked wish goes, and why."""

    id: Name
    when: Annotated[str, Field(min_length=1)]
    do: Do
    else_: Annotated[str, Field(alias="else")] = "none"
    why: Said


class Explore(Form):
    """A share of people for whom an equally gentle or gentler step is drawn, to learn from."""

    share: Share
    among: Annotated[tuple[str, ...], Field(min_length=2)]
    trial: Name = "explore"


class Holdout(Form):
    """A share of people left alone but for notices, to see what would have happened."""

    share: Share
    trial: Name = "holdout"


class PolicyForm(Form):
    """A whole policy file."""

    name: Said
    after: str | None = None
    about: Said | None = None
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
    silence: tuple[str, ...] = QUIET
    steps: Annotated[tuple[Step, ...], Field(min_length=1, max_length=60)]
    rank: str = "expected_gain_14d"
    capacity: dict[str, Annotated[int, Field(ge=0)]] = Field(default_factory=dict)
    relief: Relief = Relief()
    explore: Explore | None = None
    holdout: Holdout | None = None
    borrower_type: tuple[Literal["consumer", "business"], ...] = ("consumer",)

    @field_validator("capacity")
    @classmethod
    def _known_channels(cls, capacity: dict[str, int]) -> dict[str, int]:
        for channel in capacity:
            if channel not in CHANNELS:
                raise ValueError(f"capacity for an unknown channel {channel!r}")
        return capacity
