"""What a page's loudspeaker would play: the sound of all tracks that it receives."""

from __future__ import annotations

import base64

import numpy as np

from tests.browser.chat_page import ChatPage
from tests.e2e.speech.sound import RATE, Samples, Sound

RECORD_TRACKS = f"""
(() => {{
  window.heardSamples = {{}};
  const record = (track) => {{
    // A track comes again with each negotiation.
    if (track.id in window.heardSamples) return;
    const parts = (window.heardSamples[track.id] = []);
    const stream = new MediaStream([track]);
    // Chromium plays a remote track to nobody until an element has it.
    const element = Object.assign(new Audio(), {{ srcObject: stream, muted: true }});
    void element.play();
    const context = new AudioContext({{ sampleRate: {RATE} }});
    const processor = context.createScriptProcessor(4096, 1, 1);
    processor.onaudioprocess = ({{ inputBuffer }}) => {{
      const samples = inputBuffer.getChannelData(0);
      parts.push(Int16Array.from(samples, (sample) => sample * 32767));
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
() => Object.values(window.heardSamples).some((parts) => {
  const loud = parts.map((part) => part.some((sample) => Math.abs(sample) > 300));
  const last = loud.lastIndexOf(true);
  return last >= 0 && loud.length - last > 8;
})
"""
"""Something was heard, and nothing more for more than a second."""

_SAMPLES = """
Object.values(window.heardSamples).map((parts) =>
  parts.map((part) => btoa(String.fromCharCode(...new Uint8Array(part.buffer)))))
"""


def listen_until_quiet(chat: ChatPage) -> Sound:
    """Return all that was heard of the loudest track, once something was and it is quiet again."""
    chat.wait_until(_HAS_SPOKEN)
    tracks = [_samples(parts) for parts in chat.evaluate(_SAMPLES)]
    return Sound(max(tracks, key=lambda samples: np.abs(samples.astype(np.int32)).max(initial=0)))


def _samples(parts: list[str]) -> Samples:
    return np.frombuffer(b"".join(map(base64.b64decode, parts)), np.int16)
