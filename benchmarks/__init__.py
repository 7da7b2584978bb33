"""What performance is measured with: ``python -m benchmarks``, never a timed test.

One person chats with one worker in one room of a real livekit-server. The LLM is a fake in a
process of its own whose every token carries the moment it was sent; the person is a bare room
client in another process that notes when it holds which text. All clocks are the machine's one
monotonic clock, so the difference is the delay between the LLM and the person.

The same is done with each *subject*, in turn, on the same machine in the same run:

- ``shared`` and ``process``: this project, ``python agent.py start``;
- ``listen``: ``shared`` that would listen to microphones;
- ``sqlite``, ``postgresql``: ``shared`` that keeps its conversations in a store;
- ``default``, ``lean``, ``thread``: plain livekit-agents agents, hosted in its own ways;
- ``openrtc``: such an agent with all rooms on openrtc's event loop;
- ``json``: an agent that sends its whole text as JSON for every token.

Modules, from the pure to the ones that start things:

- ``tokens``: a token that carries its emission time
- ``observation``: what the client saw, as token counts over time
- ``figures``: delays, percentiles and medians
- ``results``, ``aims``, ``table``: what is written and shown
- ``scenarios``, ``subjects``: what is measured
- ``fake_llm``, ``client``, ``peers/``: the processes around a worker
- ``processes``, ``rooms``, ``stage``: starting them and listening to them
- ``churn``, ``churning``, ``counted_worker``, ``counting``: rooms that come and go
- ``sounds``, ``microphone``, ``fake_speech``: somebody who speaks, and the service that hears words in it
- ``listening``, ``hearing``, ``speech_tables``: what open microphones cost
- ``stores``, ``writing``: stores that are empty, and what is written into them
- ``chaos/``: workers that die, freeze and are told to end, and what people see of it
- ``vads``, ``vad_process``: what detecting voices costs
- ``speech``: what is done of these
- ``alternation``: the order in which the subjects perform
- ``machine``, ``neighbours``: where they ran, and beside what
"""
