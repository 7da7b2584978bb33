"""What is stored in and how: the tables, the connections, and what can go wrong with them."""
