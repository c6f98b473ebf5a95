"""How Hypothesis searches: the same examples every time in the quick sessions, many new ones in `properties`."""

from hypothesis import settings

settings.register_profile("quick", deadline=None, derandomize=True, print_blob=True)
settings.register_profile("properties", deadline=None, max_examples=2_000, print_blob=True)
settings.load_profile("quick")
