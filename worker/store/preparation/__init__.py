"""What is done before a store is used: packages, the file, and the tables in their newest version."""
