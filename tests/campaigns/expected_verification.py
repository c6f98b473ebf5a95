"""What a check of a changed journal has to say, by comparing its bytes with those of the original."""

from bisect import bisect_right
from dataclasses import dataclass
from fnmatch import fnmatch
from itertools import accumulate

from adapters.jsonl.entry_codec import Line, read_line
from tradecore.ports.journal import JournalHead

Files = dict[str, bytes]


@dataclass(frozen=True, slots=True)
class Expected:
    """State, whole entries, the first bad one, bytes of a torn one."""

    state: str
    entries: int = 0
    entry: int | None = None
    torn_bytes: int = 0


@dataclass(frozen=True, slots=True)
class Original:
    """A whole journal: its files, all their lines, and where each line ends in the stream of them."""

    files: Files
    lines: tuple[bytes, ...]
    ends: tuple[int, ...]
    stream: bytes
    head: JournalHead

    @classmethod
    def of(cls, files: Files) -> "Original":
        """Take a journal's files apart."""
        stream = b"".join(files[name] for name in sorted(files))
        lines = tuple(stream.splitlines(keepends=True))
        last = read_line(lines[-1][:-1])
        if last is None:
            raise ValueError("the journal is not whole")
        return cls(files, lines, tuple(accumulate(map(len, lines))), stream, JournalHead(last.seq, last.hash))

    @property
    def count(self) -> int:
        """How many entries there are."""
        return len(self.lines)

    def read(self, place: int) -> Line:
        """The entry at a 0-based place."""
        line = read_line(self.lines[place][:-1])
        if line is None:
            raise ValueError("the journal is not whole")
        return line

    def with_line(self, place: int, raw: bytes) -> Files:
        """The files with another line at a place."""
        return self.with_lines({place: raw})

    def with_lines(self, changed: dict[int, bytes]) -> Files:
        """The files with other lines at some places."""
        found, place = {}, 0
        for name in sorted(self.files):
            mine = len(self.files[name].splitlines())
            touched = any(place <= one < place + mine for one in changed)
            lines = (changed.get(one, self.lines[one]) for one in range(place, place + mine))
            found[name] = b"".join(lines) if touched else self.files[name]
            place += mine
        return found

    def cut_at(self, offset: int) -> Files:
        """The files without what stands at `offset` of the stream and after it."""
        found: Files = {}
        begin = 0
        for name in sorted(self.files):
            content = self.files[name]
            if begin < offset or not found:
                found[name] = content if begin + len(content) <= offset else content[: offset - begin]
            begin += len(content)
        return found


def expected(original: Original, files: Files, *, rehashed: bool) -> Expected:
    """
    The verdict without an exported head.

    The first entry that differs is the bad one. Where a changed entry bears a hash of its own, only the next one can
    tell, and none can when it is the last or all after it were made anew.
    """
    names = sorted(name for name in files if fnmatch(name, "[0-9]*.jsonl"))
    if not names:
        return Expected("missing")
    right = [name for number, name in enumerate(names, 1) if name == f"{number:06d}.jsonl"]
    gap = len(right) < len(names)
    read = names[: next((n for n, name in enumerate(names) if name != f"{n + 1:06d}.jsonl"), len(names))]
    stream = b"".join(files[name] for name in read)
    if rehashed:
        return _after_rehashing(original, stream)
    same = common_prefix(original.stream, stream)
    bad = bisect_right(original.ends, same)
    begins = original.ends[bad - 1] if bad else 0
    last_begins = len(stream) - len(files[read[-1]]) if read else 0
    if gap or begins < last_begins:
        return _inside(original, stream, bad, gap=gap)
    return _at_the_end(original, stream[begins:], bad)


def expected_with_head(original: Original, without: Expected) -> Expected:
    """The verdict with the head that was exported: whoever lacks entries, or has other ones, was rewritten."""
    lacks = without.state in ("whole", "torn") and without.entries < original.count
    if lacks or without.state == "whole":
        return Expected("rewritten", without.entries, original.head.seq)
    return without


def common_prefix(one: bytes, other: bytes) -> int:
    """How many first bytes are the same."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def _after_rehashing(original: Original, stream: bytes) -> Expected:
    lines = stream.splitlines(keepends=True)
    changed = next(place for place, raw in enumerate(lines) if raw != original.lines[place])
    follows = changed + 1 < original.count and lines[changed + 1] == original.lines[changed + 1]
    return Expected("corrupt", changed + 1, changed + 2) if follows else Expected("whole", original.count)


def _inside(original: Original, stream: bytes, bad: int, *, gap: bool) -> Expected:
    """The bad entry is followed by more, or by a segment that is not there."""
    only_whole_entries = not gap and stream == original.stream[: original.ends[bad - 1] if bad else 0]
    return Expected("whole", bad) if only_whole_entries else Expected("corrupt", bad, bad + 1)


def _at_the_end(original: Original, rest: bytes, bad: int) -> Expected:
    """The bad entry stands in the last segment: an unfinished line at its end is a tear."""
    if b"\n" in rest:
        return Expected("corrupt", bad, bad + 1)
    if not rest:
        return Expected("whole" if bad else "torn", bad)
    if bad < original.count and rest == original.lines[bad][:-1]:
        return Expected("torn", bad + 1)
    return Expected("torn", bad, torn_bytes=len(rest))
