"""From names and texts to one text per setting: aliases, precedence, misspelt names."""

import difflib
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from entrypoints.settings.values import printable, shown
from entrypoints.settings.variables import PREFIX, field_of, known_names, variable_of

_NEARLY_THE_SAME: Final = 0.85
_LETTERS_APART: Final = 2
_MOST_OF_A_NAME: Final = 60


@dataclass(frozen=True, slots=True)
class Given:
    """The text that holds for a setting, and the name it was written under, with its file."""

    name: str
    text: str
    where: str


@dataclass(slots=True)
class Gathered:
    """One text per field, and a line for each name that can't be used."""

    by_field: dict[str, Given] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    def add(self, pairs: Iterable[tuple[str, str]], where: str = "", *, typos: bool = False) -> None:
        """
        Take in one source; what an earlier source said stands.

        Args:
            pairs: Names and texts; an empty text counts as not given.
            where: " in FILE", or nothing for the environment.
            typos: Whether a name without TRADECORE_ that nearly is a known one is a problem.
        """
        here: dict[str, Given] = {}
        for name, text in pairs:
            known = field_of(name.upper())
            if known is None:
                self._unknown(name, where, typos=typos)
            elif text.strip():
                self._take(here, known, Given(name, text.strip(), where))
        self.by_field = here | self.by_field

    def _take(self, here: dict[str, Given], known: str, given: Given) -> None:
        other = here.setdefault(known, given)
        if other.text != given.text:
            values = "" if variable_of(known).secret else f" ({shown(other.text)} and {shown(given.text)})"
            twice = given.name if other.name == given.name else f"{other.name} and {given.name}"
            what = "is given twice" if other.name == given.name else "are the same setting"
            self.problems.append(f"{twice}{given.where}: {what} and the values differ{values}; keep one")

    def _unknown(self, name: str, where: str, *, typos: bool) -> None:
        upper = name.upper()
        ours = upper.startswith(PREFIX)
        if not ours and not typos:
            return
        near = _nearest(upper, ours=ours)
        if ours or near is not None:
            hint = f"did you mean {near}?" if near else ".env.example lists all"
            self.problems.append(f"{printable(name)[:_MOST_OF_A_NAME]}{where} is not a setting of tradecore; {hint}")


def _nearest(name: str, *, ours: bool) -> str | None:
    """The known name that was probably meant; a name that isn't ours must nearly be one."""
    bare = name.removeprefix(PREFIX)
    if field_of(bare):
        return bare
    near = difflib.get_close_matches(name, known_names(), n=1, cutoff=0.6 if ours else _NEARLY_THE_SAME)
    if not near or (not ours and abs(len(near[0]) - len(name)) > _LETTERS_APART):
        return None
    return near[0]
