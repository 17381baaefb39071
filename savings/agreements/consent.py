"""Whether all councils that are needed have agreed. Pure.

Each subject says who is needed: the councils that take part in a service, or all of them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable


def not_agreed(needed: Iterable[str], agreed: Collection[str]) -> list[str]:
    """The councils that are needed and have not agreed, in their order.

    >>> not_agreed(("LBHF", "RBKC", "WCC"), {"RBKC"})
    ['LBHF', 'WCC']
    """
    return [code for code in needed if code not in agreed]


def all_agreed(needed: Collection[str], agreed: Collection[str]) -> bool:
    """Whether every council that is needed has agreed.

    If no council is needed, the answer is no.

    >>> all_agreed(("LBHF", "WCC"), {"LBHF", "RBKC", "WCC"}), all_agreed((), {"LBHF"})
    (True, False)
    """
    return bool(needed) and not not_agreed(needed, agreed)
