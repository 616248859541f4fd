"""`python -m bgd.cli`: bgctl, where its script isn't installed."""

import sys

from bgd.cli.main import main

sys.exit(main())
