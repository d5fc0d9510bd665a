"""Runs a module once Django is ready: `python -m tests.with_django tests.faults.inside`."""

import os
import runpy
import sys

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "importer.settings")
django.setup()
del sys.argv[0]
runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
