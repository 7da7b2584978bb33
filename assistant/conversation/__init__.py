"""What questions, edits, deletions and stops do to the turns of a room.

``conversation`` decides, ``stopping`` does so for stops, ``consumer`` has the turns answered one at a time,
``greeting`` is the turn that the agent begins.
"""
