"""Who is in the room, what they see of the agent, and the lines that it tells them."""
