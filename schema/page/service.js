// Everything the page asks of the service. The address of the graph is the only one that takes a token.

import { INTROSPECTION } from "./introspection.js";

const GRAPH = "/graphql";

async function list(path) {
  const answer = await fetch(path, { headers: { Accept: "application/json" }, credentials: "omit" });
  if (!answer.ok) throw new Error(`${path} answered ${answer.status} ${answer.statusText}`.trim());
  return answer.json();
}

export const roles = () => list("/demo/roles");
export const samples = () => list("/demo/samples");

/**
 * One operation as the role that `token` stands for. Gives `{status, ok, body, text, milliseconds, bytes}`; `body` is
 * null where the answer is no JSON. Raises what `fetch` raises when nothing answers or `signal` stops it.
 */
export async function ask({ query, variables, operationName, token, signal }) {
  const headers = { "Content-Type": "application/json", Accept: "application/graphql-response+json, application/json" };
  if (token) headers.Authorization = `Bearer ${token}`;
  const began = performance.now();
  const answer = await fetch(GRAPH, {
    method: "POST",
    headers,
    credentials: "omit",
    signal,
    body: JSON.stringify({ query, variables, ...(operationName ? { operationName } : {}) }),
  });
  const text = await answer.text();
  const milliseconds = performance.now() - began;
  let body = null;
  try {
    body = JSON.parse(text);
  } catch {
    // A proxy or a crash may answer with a page; the caller shows its text.
  }
  return { status: answer.status, ok: answer.ok, body, text, milliseconds, bytes: new TextEncoder().encode(text).length };
}

/** The `__schema` value that the role may see. Raises Error with the service's own words when it is refused. */
export async function introspect(token) {
  const { body, status } = await ask({ query: INTROSPECTION, token });
  if (body?.data?.__schema) return body.data.__schema;
  throw new Error(body?.errors?.[0]?.message ?? `the graph answered ${status}`);
}

/**
 * Follows a subscription over the graphql-transport-ws protocol; the token travels in the opening message, never in
 * the address. `on.next(body)` gets each event, `on.end(reason)` comes once; gives a function that stops it.
 */
export function follow({ query, variables, operationName, token }, on) {
  const address = new URL(GRAPH, location.href);
  address.protocol = address.protocol === "https:" ? "wss:" : "ws:";
  const socket = new WebSocket(address, "graphql-transport-ws");
  let over = false;
  const end = (reason) => {
    if (over) return;
    over = true;
    socket.close(1000);
    on.end(reason);
  };
  const send = (message) => socket.send(JSON.stringify(message));
  socket.onopen = () => send({ type: "connection_init", payload: token ? { Authorization: `Bearer ${token}` } : {} });
  socket.onmessage = ({ data }) => {
    const { type, payload } = JSON.parse(data);
    if (type === "connection_ack") send({ id: "1", type: "subscribe", payload: { query, variables, ...(operationName ? { operationName } : {}) } });
    else if (type === "ping") send({ type: "pong" });
    else if (type === "next") on.next(payload);
    else if (type === "error") {
      on.next({ errors: payload });
      end("refused");
    } else if (type === "complete") end("complete");
  };
  socket.onclose = ({ code, reason }) => end(reason || `closed (${code})`);
  return () => end("stopped");
}
