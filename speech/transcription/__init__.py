"""From the sound of utterances to their words, by a service with OpenAI's API."""
