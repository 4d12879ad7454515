"""The scenarios of this chapter, by pattern."""

from __future__ import annotations

from .scenarios_binary_star import SCENARIOS as BINARY_STAR
from .scenarios_freelance import SCENARIOS as FREELANCE
from .scenarios_majordomo import SCENARIOS as MAJORDOMO
from .scenarios_pirates import SCENARIOS as PIRATES

SCENARIOS = (*PIRATES, *MAJORDOMO, *BINARY_STAR, *FREELANCE)
