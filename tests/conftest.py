"""Fixtures for every test against running processes; see tests/support/service.py."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "support"))

from service import employee, fresh_service, service, tenant  # noqa: E402,F401
