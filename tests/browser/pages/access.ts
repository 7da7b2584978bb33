/** Where the page connects to. It comes in the fragment, which a browser sends to no server. */
const fragment = new URLSearchParams(location.hash.slice(1));

export const serverUrl = fragment.get("url") ?? "";
export const participantToken = fragment.get("token") ?? "";
