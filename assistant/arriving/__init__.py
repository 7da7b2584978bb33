"""What people write and say becomes a question, an edit, a deletion or a stop, if the limits allow it.

``typed`` takes messages from the chat, ``utterances`` what is spoken, which ``transcripts`` shows. Then each
goes through the same short pipe: ``admission`` says how much is taken, ``addressing`` whether it is meant for
the agent, and ``arrivals`` hands it over. The others are rules, with no I/O.
"""
