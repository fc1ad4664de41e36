// What the page remembers: past queries and the draft for this tab, the theme for this browser, and a link to share.
// Tokens are never among it; a role is remembered by its name only.

const HISTORY = "korpu.history";
const DRAFT = "korpu.draft";
const KEPT = 50;

function read(key, otherwise) {
  try {
    return JSON.parse(sessionStorage.getItem(key)) ?? otherwise;
  } catch {
    return otherwise;
  }
}

function write(key, value) {
  try {
    sessionStorage.setItem(key, JSON.stringify(value));
  } catch {
    // A full or forbidden storage costs the history, not the query.
  }
}

export const pastQueries = () => read(HISTORY, []);
export const forgetQueries = () => write(HISTORY, []);

/** Puts a query on top of the history; the same query as the same role is kept once. */
export function rememberQuery(entry) {
  const same = (other) => other.query === entry.query && other.variables === entry.variables && other.role === entry.role;
  write(HISTORY, [entry, ...pastQueries().filter((other) => !same(other))].slice(0, KEPT));
}

export const draft = () => read(DRAFT, null);
export const rememberDraft = (entry) => write(DRAFT, entry);

/** The query that the address carries, or null. Loading it never runs it. */
export function fromAddress() {
  const carried = new URLSearchParams(location.hash.slice(1));
  if (!carried.has("query")) return null;
  return { query: carried.get("query"), variables: carried.get("variables") ?? "", role: carried.get("role") };
}

/** Writes the query into the address and gives the whole link. */
export function toAddress({ query, variables, role }) {
  const carried = new URLSearchParams({ role, query });
  if (variables.trim()) carried.set("variables", variables);
  history.replaceState(null, "", `#${carried}`);
  return location.href;
}
