"""Measure the product: what it promises about speed, and what it costs.

Real processes, a real database and the sandbox over its socket. One row per promise, with what was measured and how far
it may reach. `python -m bench` measures all rows, `python -m bench refresh killed` some.
"""
