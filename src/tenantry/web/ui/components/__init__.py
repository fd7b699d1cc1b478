"""The small parts as pure functions that return safe markup; `templatetags/ui.py` puts them into templates."""
