"""`python -m pipeline` is `longquan`."""

import sys

from pipeline.cli import main

sys.exit(main())
