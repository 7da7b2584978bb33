"""One agent leaves a room between two turns, and another one comes.

`hand_over` is how, `handed_over` what the one tells the other.
"""
