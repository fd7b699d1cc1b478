"""The stand-in for the Partner Center REST API."""
