"""Where a figure comes from. The floor below defines it, because it marks its hosts."""

from services.provenance import Provenance

__all__ = ["Provenance"]
