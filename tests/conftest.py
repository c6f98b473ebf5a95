"""How Hypothesis searches: the same examples every time in the quick sessions, many new ones in `properties`."""

from hypothesis import HealthCheck, settings

# How long an example takes depends on what else the machine does, so slowness is no verdict on a test.
SLOW_IS_FINE = [HealthCheck.too_slow]

settings.register_profile("quick", deadline=None, derandomize=True, print_blob=True, suppress_health_check=SLOW_IS_FINE)
settings.register_profile(
    "properties", deadline=None, max_examples=2_000, print_blob=True, suppress_health_check=SLOW_IS_FINE
)
settings.load_profile("quick")
