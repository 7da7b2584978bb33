"""What was asked, what was answered, and what waits. Values and rules: no network, no clock."""
