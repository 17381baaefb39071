"""Where a figure comes from: the word is the floor below's, which marks its hosts by it."""

from services.provenance import Provenance

__all__ = ["Provenance"]
