"""How properties are tried: no deadline (machines are shared), a failure prints how to repeat it."""

import os

from hypothesis import settings

settings.register_profile("forbear", deadline=None, print_blob=True)
settings.register_profile("soak", deadline=None, print_blob=True, max_examples=1_000)
settings.load_profile("soak" if os.environ.get("FORBEAR_SOAK") else "forbear")
