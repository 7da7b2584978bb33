"""How one turn is answered: the LLM generates, and a reply grows in the chat until it ends in one way.

``answering`` does it by attempts of the ``session``, whose agent is in ``text_agent``. What it says goes
through ``text_output`` into the ``reply`` that is being written. ``endings`` has the last words, ``slots``
limit how many turns a process answers at once.
"""
