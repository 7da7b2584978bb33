"""What outlives the process: what was said in a room, and how far its answers had come.

Nothing here knows how it is kept. `memory` says what a room asks of whoever keeps it, `kept` the values
that pass between the two.
"""
