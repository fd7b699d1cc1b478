"""Django's PostgreSQL backend with an end to waiting: see `base.py`."""
