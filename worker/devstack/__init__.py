"""What `make setup` and `make dev` run, beside the agent itself.

- `environment`: the virtual environment. It runs before there is one, so it and all it imports
  keep to the standard library.
- `livekit_binary`, `toolchain`: a livekit-server to run, built where none is installed.
- `commands`, `progress`: what takes minutes shows that it gets on; `command_line`: how a command ends.
- `process`, `leash`: child processes that never outlive us.
- `livekit_server`, `local_llm` with its `model_server`, `local_speech` with its `speech_server` (both
  a `local_service`),
  `agent_worker`: which ones there are.
- `speech_requests`, `form`, `speech_models`, `sound`: what the speech server is made of.
- `speech`: who turns speech into text and back.
- `checks`: whether the servers that the settings name are there.
- `stack`: starts what is not given, keeps it running, ends it in order.
- `invitation`, `state`: how a person, or the terminal client, gets into the room.

Whatever goes wrong reaches a person as the one line of a `StackError`.
"""
