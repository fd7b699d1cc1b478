"""The stand-in for Microsoft: one ASGI application with a clock that can be moved, faults, worlds and a journal.

It imports nothing of the rest of the product, so that its reading of the vendor's pages stays independent of the
client's reading: the two meet at the socket only.
"""
