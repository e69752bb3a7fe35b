"""Reads logs of tests with the official packages of SWE-bench and SWE-smith; README.md."""
