"""The scenarios of this chapter, by pattern."""

from __future__ import annotations

from .scenarios_clone import SCENARIOS as CLONE
from .scenarios_pubsub import SCENARIOS as PUBSUB

SCENARIOS = (*PUBSUB, *CLONE)
