"""From microphones to the sound of utterances: subscribed, listened to, cut into pieces.

A `Microphones` for each room, made before it is entered, and one `Ears` for all rooms of the process,
which hears in a thread of its own. ``vad_model`` has what `Ears` loads with the first microphone.

    microphones   which tracks of a room are heard, as long as there are ``slots``; a ``microphone`` is one
    ears          all ears of the process; a ``hearing_thread``, and for each track an ``ear``
    listening     one ear's sound is judged; the ``cutter`` makes utterances and pieces of its ``stretch``
    teller        what is heard goes back to the event loop of the room
    preconnect    what people say while their client connects: ``early_sound``, up to a ``seam``
"""

from .ears import Ears
from .microphones import Microphones
from .slots import MicrophoneSlots

__all__ = ["Ears", "MicrophoneSlots", "Microphones"]
