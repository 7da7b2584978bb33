/** A chat on the session hooks, gated and labelled the way the LiveKit playground does it. */
import {
  SessionProvider,
  useAgent,
  useSession,
  useSessionMessages,
} from "@livekit/components-react";
import { Room, type RoomOptions, TokenSource } from "livekit-client";
import { type FormEvent, useState } from "react";
import { createRoot } from "react-dom/client";

import { participantToken, serverUrl } from "./access";

// The token cannot be a literal: two calls must be able to join the same room one after the other.
const tokenSource = TokenSource.custom(async () => ({ serverUrl, participantToken }));

declare global {
  interface Window {
    /** What a test wants of the room. */
    roomOptions?: RoomOptions;
  }
}
const room = new Room(window.roomOptions);

type Send = (text: string) => Promise<unknown>;

function Composer({ send }: { send: Send }) {
  const [text, setText] = useState("");
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (text === "") return;
    void send(text);
    setText("");
  };
  return (
    <form onSubmit={submit}>
      <input
        autoComplete="off"
        placeholder="Type a message"
        value={text}
        onChange={(event) => setText(event.target.value)}
      />
    </form>
  );
}

function Chat() {
  const session = useSession(tokenSource, { room });
  const agent = useAgent(session);
  const { messages, send } = useSessionMessages(session);
  return (
    <SessionProvider session={session}>
      <header>
        <button onClick={() => void (session.isConnected ? session.end() : session.start())}>
          {session.isConnected ? "Disconnect" : "Connect"}
        </button>
        <output>{agent.state}</output>
      </header>
      {agent.isConnected && (
        <main>
          <ol>
            {messages.map(({ from, message }, index) => (
              <li key={index} className={from?.isLocal ? "mine" : "theirs"}>
                <b>{from?.name}</b>
                <p>{message}</p>
              </li>
            ))}
          </ol>
          <Composer send={send} />
        </main>
      )}
    </SessionProvider>
  );
}

createRoot(document.getElementById("chat")!).render(<Chat />);
