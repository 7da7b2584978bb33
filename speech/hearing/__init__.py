"""From microphones to the sound of utterances: subscribed, listened to, cut into pieces."""
