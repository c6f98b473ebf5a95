"""Who has to say yes: the owner's choice of confirmer for what takes risk."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from tradecore.model.money import Money


class Confirmer(StrEnum):
    """Who confirmed, weakest first: the model with its token, a form the client showed, the operator at a terminal."""

    MODEL = "model"
    FORM = "elicit"
    OPERATOR = "operator"

    def suffices_for(self, needed: "Confirmer") -> bool:
        """Whether a confirmation of this kind is at least as strong as `needed`."""
        return _STRENGTH[self] >= _STRENGTH[needed]


_STRENGTH: Final = {Confirmer.MODEL: 0, Confirmer.FORM: 1, Confirmer.OPERATOR: 2}


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmationPolicy:
    """`small` confirms what can lose at most `up_to`, `large` everything else; None is no amount at all."""

    small: Confirmer
    large: Confirmer
    up_to: Money | None = None

    def needed(self, worst_loss: Money | None) -> Confirmer:
        """Who has to confirm an order with this worst loss (None: unbounded)."""
        within = self.up_to is not None and worst_loss is not None and worst_loss <= self.up_to
        return self.small if within else self.large


MODEL_CONFIRMS: Final = ConfirmationPolicy(small=Confirmer.MODEL, large=Confirmer.MODEL)
