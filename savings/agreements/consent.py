"""Whether all councils that are needed have agreed. Pure.

Who is needed each subject says: those that take part in a service, or the whole partnership.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable


def not_agreed(needed: Iterable[str], agreed: Collection[str]) -> list[str]:
    """Those that are needed and have not agreed, in their order.

    >>> not_agreed(("LBHF", "RBKC", "WCC"), {"RBKC"})
    ['LBHF', 'WCC']
    """
    return [code for code in needed if code not in agreed]


def all_agreed(needed: Collection[str], agreed: Collection[str]) -> bool:
    """Whether every council that is needed has agreed.

    Where no council is needed, no agreement is not everybody's agreement.

    >>> all_agreed(("LBHF", "WCC"), {"LBHF", "RBKC", "WCC"}), all_agreed((), {"LBHF"})
    (True, False)
    """
    return bool(needed) and not not_agreed(needed, agreed)
