"""What a page's loudspeaker would play: the sound of all tracks that it receives."""

from __future__ import annotations

import base64

import numpy as np

from tests.browser.chat_page import ChatPage
from tests.e2e.speech.sound import RATE, Sound

RECORD_TRACKS = f"""
(() => {{
  window.heardSamples = [];
  const record = (track) => {{
    const stream = new MediaStream([track]);
    // Chromium plays a remote track to nobody until an element has it.
    const element = Object.assign(new Audio(), {{ srcObject: stream, muted: true }});
    void element.play();
    const context = new AudioContext({{ sampleRate: {RATE} }});
    const processor = context.createScriptProcessor(4096, 1, 1);
    processor.onaudioprocess = ({{ inputBuffer }}) => {{
      const samples = inputBuffer.getChannelData(0);
      window.heardSamples.push(Int16Array.from(samples, (sample) => sample * 32767));
    }};
    context.createMediaStreamSource(stream).connect(processor);
    processor.connect(context.destination);
    window.recorded = [...(window.recorded ?? []), element, context, processor];
  }};
  const Plain = window.RTCPeerConnection;
  window.RTCPeerConnection = class extends Plain {{
    constructor(...settings) {{
      super(...settings);
      this.addEventListener("track", ({{ track }}) => track.kind === "audio" && record(track));
    }}
  }};
}})();
"""
"""Records from before the page's own code runs."""

_HAS_SPOKEN = """
() => {
  const loud = window.heardSamples.map((part) => part.some((sample) => Math.abs(sample) > 300));
  const last = loud.lastIndexOf(true);
  return last >= 0 && loud.length - last > 8;
}
"""
"""Something was heard, and nothing more for more than a second."""

_SAMPLES = """
window.heardSamples.map((part) => btoa(String.fromCharCode(...new Uint8Array(part.buffer))))
"""


def listen_until_quiet(chat: ChatPage) -> Sound:
    """Return all that was heard, once something was and it is quiet again."""
    chat.wait_until(_HAS_SPOKEN)
    parts = [base64.b64decode(part) for part in chat.evaluate(_SAMPLES)]
    return Sound(np.frombuffer(b"".join(parts), np.int16))
