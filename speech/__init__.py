"""Speech: sound becomes words, and words become sound. Knows rooms and tracks; no chat, no LLM.

    hearing        microphones, voice activity: the sound of what a participant says, in pieces
    transcription  these pieces become words, by a service with OpenAI's API
    voice          words become sound, in the agent's one track of a room

``utterance`` has the values that pass between them, and the protocols of those who are told.
"""
