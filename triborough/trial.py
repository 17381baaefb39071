"""The site that `make run` keeps in a checkout, for trying the project on one machine.

Its settings are not for a deployment: DEBUG is on, and the secret key belongs to the checkout,
in a folder that git ignores. `make run` uses them. `manage.py` uses them too, in a checkout
where `make run` has run and the environment configures no other site.
"""

import os
import secrets
from pathlib import Path

SECRET_KEY = Path(__file__).resolve().parent.parent / ".data" / "secret-key"


def use() -> None:
    """Set what the trial site needs, unless the environment sets it."""
    os.environ.setdefault("DEBUG", "true")
    os.environ.setdefault("SECRET_KEY", secret_key(SECRET_KEY))


def use_where_nothing_else_is_configured() -> None:
    """`use` for `manage.py`, so that a configured deployment never becomes a trial by mistake."""
    configured = any(os.environ.get(name) for name in ("SECRET_KEY", "DATABASE_URL", "DEBUG"))
    if not configured and SECRET_KEY.exists():
        use()


def secret_key(path: Path) -> str:
    """The key in that file. It is made once, so that a restart signs nobody out."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(50))
    return path.read_text()
