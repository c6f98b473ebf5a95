"""Counter-based noise: 64 random bits that depend only on a seed and counters, never on call order or process.

The mixing function is the finaliser of SplitMix64 (Steele, Lea and Flood, "Fast Splittable Pseudorandom Number
Generators", 2014), applied to a Weyl sequence of the counters. The array and the scalar form return the same bits.
"""

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

BitArray: TypeAlias = npt.NDArray[np.uint64]

_MASK = (1 << 64) - 1
_GAMMA = 0x9E3779B97F4A7C15
_FIRST = 0xBF58476D1CE4E5B9
_SECOND = 0x94D049BB133111EB


def stream_key(seed: int, *counters: int) -> int:
    """Return the 64-bit key of the stream named by a seed and any number of integer counters."""
    key = _mix(seed)
    for counter in counters:
        key = _mix(key ^ _mix(counter))
    return key


def bits_at(key: int, index: int) -> int:
    """Return the 64 bits at position `index` (>= 0) of the stream `key`, as a Python integer."""
    return _mix(key + index * _GAMMA)


def bits_array(key: int, size: int) -> BitArray:
    """Return positions 0 .. size - 1 of the stream `key`; element i equals bits_at(key, i)."""
    # Array arithmetic wraps modulo 2^64 silently, which is what the mixing function needs.
    z = np.arange(size, dtype=np.uint64) * np.uint64(_GAMMA) + np.uint64((key + _GAMMA) & _MASK)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(_FIRST)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(_SECOND)
    return z ^ (z >> np.uint64(31))


def _mix(value: int) -> int:
    z = (value + _GAMMA) & _MASK
    z = ((z ^ (z >> 30)) * _FIRST) & _MASK
    z = ((z ^ (z >> 27)) * _SECOND) & _MASK
    return z ^ (z >> 31)
