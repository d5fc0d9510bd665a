"""Runs the practice CRM without Django: `python -m importer.practice --port P --data DIR`."""

import argparse
import os
import sys
from pathlib import Path

from importer.practice.options import add_arguments, options_from
from importer.practice.serving import run

if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="importer.practice", description=__doc__)
    add_arguments(parser, data_dir=Path(os.environ.get("DATA_DIR", "var")) / "practice")
    sys.exit(run(options_from(vars(parser.parse_args()))))
