"""Forbear (宽限): exact, lawful and kind collections for consumer lenders.

The rooms, in the order in which they may import one another (a room imports only from those above):
``money dates errors``, ``loan``, ``book``, ``facts``, ``measure``, ``law``, ``score``, ``relief``,
``policy``, ``night``, ``lab``, ``report``, ``cli``.
"""

__version__ = "0.1.0"
