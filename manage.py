#!/usr/bin/env python
"""Django's command line for Tri-borough."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "triborough.settings")
    from django.core.management import execute_from_command_line

    from triborough import trial

    trial.use_where_nothing_else_is_configured()
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
