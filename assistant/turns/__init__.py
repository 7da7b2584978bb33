"""Questions, turns, their answers and their history. Values and rules: no network, no clock."""
