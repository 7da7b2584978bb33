"""What is said in rooms is kept, and remembered."""
