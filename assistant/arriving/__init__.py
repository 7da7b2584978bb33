"""What people write becomes a question, an edit, a deletion or a stop, if the limits allow it.

``arrivals`` takes messages from the chat, ``mention`` says whether one is meant for the agent,
``commands`` are those of people, ``limits`` say how much is taken.
"""
