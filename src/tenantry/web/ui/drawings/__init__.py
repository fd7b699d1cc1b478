"""Pictures made on the server: pure functions from plain values to positions, with the same facts as text.

Lengths along the time axis are percentages of the drawing's width and everything else is pixels, so that a picture
fills any width while its letters and marks keep their size.
"""
