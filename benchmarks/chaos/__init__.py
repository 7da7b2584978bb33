"""Workers that die, freeze and are told to end while people ask, and what the people see of it.

Each question has a word of its own, which the fake LLM's reply to it begins and ends with. So what
somebody sees in a room is enough to tell which reply is missing, is there twice, or was left half.

- ``questions``: the words, and which of them a text begins and ends with
- ``seen``, ``counting``: what one person saw, and what it comes to
- ``deaths``: when agents died, which nobody sees
- ``figures``: what is kept of a run
- ``person``, ``people``: somebody who asks again and again, and the processes they live in
- ``harm``: what happens to the workers
- ``run``, ``work``: all of it together
- ``tables``, ``plot``: what is shown
"""
