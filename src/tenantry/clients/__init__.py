"""Vendor APIs as typed libraries: no Django, no database, no settings."""
