/** The smallest chat on `setupChat`, which every version of the components is built on. */
import { type ReceivedChatMessage, setupChat } from "@livekit/components-core";
import { Room, RoomEvent } from "livekit-client";

import { participantToken, serverUrl } from "./access";

document.getElementById("chat")!.innerHTML = `
  <header><output></output></header>
  <main><ol></ol><form><input autocomplete="off" placeholder="Type a message"></form></main>
`;
const list = document.querySelector("ol")!;
const form = document.querySelector("form")!;
const input = document.querySelector("input")!;
const others = document.querySelector("output")!;

const room = new Room();
const chat = setupChat(room);
/** The own message that the next text replaces. */
let edited: string | undefined;

/** Versions before 0.12.2 have `update`; the newest types know nothing of it. */
function edit(): ((text: string, id: string) => Promise<unknown>) | undefined {
  return "update" in chat ? (chat.update as ReturnType<typeof edit>) : undefined;
}

function bubble({ from, id, message }: ReceivedChatMessage): HTMLLIElement {
  const item = document.createElement("li");
  item.className = from?.isLocal ? "mine" : "theirs";
  item.append(document.createElement("b"), document.createElement("p"));
  item.firstElementChild!.textContent = from?.name ?? "";
  item.lastElementChild!.textContent = message;
  if (from?.isLocal && edit()) {
    const button = document.createElement("button");
    button.textContent = "Edit";
    button.onclick = () => {
      edited = id;
      input.value = message;
      input.focus();
    };
    item.append(button);
  }
  return item;
}

chat.messageObservable.subscribe((messages) => list.replaceChildren(...messages.map(bubble)));

form.onsubmit = (event) => {
  event.preventDefault();
  const text = input.value;
  if (text === "") return;
  void (edited ? edit()?.(text, edited) : chat.send(text));
  edited = undefined;
  input.value = "";
};

/** A message sent to an empty room reaches nobody, so the page tells who is there. */
const showOthers = () => {
  others.textContent = [...room.remoteParticipants.values()].map(({ name }) => name).join(", ");
};
room.on(RoomEvent.ParticipantConnected, showOthers);
room.on(RoomEvent.ParticipantDisconnected, showOthers);
await room.connect(serverUrl, participantToken);
showOthers();
