"""A timer signal whose handler raises, or receives itself, in every form of a receive and a send.

Counts messages that were lost, doubled, torn or out of order, and exceptions of the handler that
became errors about the message (masked). What is promised: a receive that an
exception ended has taken nothing, the next one gets that message; a send that an exception ended
was made whole or not at all. A typed message may be lost while it is parsed.
"""

from __future__ import annotations

import argparse

from .program import begin, end
from .signals_receiving import NOT_SERVED, RECEIVES, attack_receive
from .signals_sending import SENDS, attack_pairs, attack_send
from .signals_support import Faults, Storm


def attack(forms: list[str], storm: Storm, faults: Faults, arguments: argparse.Namespace) -> int:
    """Attack the forms one after the other; how many messages went through."""
    messages, seconds = 0, arguments.seconds / len(forms)
    for form in forms:
        if form in RECEIVES:
            messages += attack_receive(
                form, RECEIVES[form], storm, faults, arguments.mode, seconds, arguments.transport
            )
        elif form == "send_pairs":
            messages += attack_pairs(storm, faults, seconds, arguments.transport)
        else:
            messages += attack_send(form, storm, faults, seconds, arguments.transport)
    return messages


def main() -> None:
    forms = [*RECEIVES, *SENDS, "send_pairs"]
    arguments = begin(
        __doc__,
        30,
        mode={
            "choices": ["raise", "receive", "both"],
            "default": "raise",
            "help": "what the handler does; the last two only with receives (%(default)s)",
        },
        transport={"choices": ["inproc", "ipc", "tcp"], "default": "inproc"},
        forms={"nargs": "+", "choices": forms, "metavar": "FORM", "help": f"of {', '.join(forms)}"},
    )
    chosen: list[str] = arguments.forms or forms
    if arguments.mode != "raise":
        chosen = [form for form in chosen if form in RECEIVES and form not in NOT_SERVED]
    storm, faults = Storm(arguments.mode), Faults()
    try:
        messages = attack(chosen, storm, faults, arguments)
    finally:
        storm.end()
    end(
        {
            "mode": arguments.mode,
            "forms": len(chosen),
            "messages": messages,
            "signals": storm.signals,
            "raised": storm.raised,
            "where": ",".join(sorted(faults.where)) or "-",
        },
        faults.counts,
    )


if __name__ == "__main__":
    main()
