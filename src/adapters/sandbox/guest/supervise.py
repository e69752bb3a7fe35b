"""Starts the supervisor of one command; the parts that Python can keep compiled stand in the files beside this one."""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from supervisor import main  # noqa: E402

main()
