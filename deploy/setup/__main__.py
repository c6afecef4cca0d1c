"""The command `python3 -m deploy.setup`."""

import sys

from deploy.setup.prepare import main

sys.exit(main(sys.argv[1:]))
