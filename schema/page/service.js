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

/** Who this browser is signed in as, until when, and how one signs in. */
export async function session() {
  const answer = await fetch("/auth/session", { headers: { Accept: "application/json" }, credentials: "same-origin" });
  if (!answer.ok) throw new Error(`/auth/session answered ${answer.status}`);
  return answer.json();
}

/** Signs this browser out; gives the address at which the provider's own session ends. */
export async function signOut() {
  const answer = await fetch("/auth/logout", { method: "POST", headers: { Accept: "application/json" }, credentials: "same-origin" });
  const body = await answer.json();
  if (!answer.ok) throw new Error(body.message ?? `signing out answered ${answer.status}`);
  return body.next;
}

/**
 * One operation as the role that `token` stands for, or with `session` as who is signed in. Gives `{status, ok, body, text, milliseconds, bytes}`; `body` is
 * null where the answer is no JSON. Raises what `fetch` raises when nothing answers or `signal` stops it.
 */
export async function ask({ query, variables, operationName, token, session: own, signal }) {
  const headers = { "Content-Type": "application/json", Accept: "application/graphql-response+json, application/json" };
  if (token) headers.Authorization = `Bearer ${token}`;
  // No other site can add this header, so the service takes the cookie with it.
  if (own) headers["X-Requested-With"] = "korpu";
  const began = performance.now();
  const answer = await fetch(GRAPH, {
    method: "POST",
    headers,
    credentials: own ? "same-origin" : "omit",
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
export async function introspect({ token, session: own }) {
  const { body, status } = await ask({ query: INTROSPECTION, token, session: own });
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
