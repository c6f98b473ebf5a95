"""Bugs a trading desk has had somewhere, each planted by a patch and only from here: the simulation must catch them."""

from typing import Final

from tests.simulation.planted_hearing import HEARING
from tests.simulation.planted_restart import RESTART
from tests.simulation.planted_risk import RISK
from tests.simulation.planted_sending import SENDING
from tests.simulation.planted_tickets import TICKETS
from tests.simulation.planting import Planted

PLANTED: Final[dict[str, Planted]] = {**SENDING, **HEARING, **TICKETS, **RISK, **RESTART}
