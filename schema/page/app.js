// The page: who asks, what is asked, what came back.

import { announce, arrowKeys, byId, element } from "./dom.js";
import { complete } from "./completion.js";
import { editor } from "./editor.js";
import { explorer } from "./explorer.js";
import { schemaOf } from "./introspection.js";
import { operationAt, operations, tidy } from "./language.js";
import { showPast, showSamples } from "./library.js";
import { draft, fromAddress, rememberDraft, rememberQuery, toAddress } from "./memory.js";
import { showAnswer, showBroken, showEvents, showWaiting } from "./result.js";
import { ask, follow, introspect, roles as askRoles, samples as askSamples, session as askSession, signOut } from "./service.js";

const NOBODY = { role: "anonymous", label: "Nobody", description: "Not signed in: sees what is published.", token: null };
const EVENTS_KEPT = 100;

let roles = [NOBODY];
let samples = [];
let role = NOBODY;
let schema = null;
let stop = null;
const schemas = new Map();

const browser = explorer(byId("schema-panel"));
const query = editor(byId("query-editor"), { onchange: edited, complete: (text, at) => (schema ? complete(text, at, schema) : { items: [] }) });
const variables = editor(byId("variables-editor"), { onchange: edited });

const asked = () => ({ query: query.text(), variables: variables.text(), role: role.role });

function edited() {
  rememberDraft(asked());
  const all = operations(query.text());
  const named = all.length > 1 ? operationAt(query.text(), query.at())?.name : null;
  byId("run-name").textContent = named ?? "";
}

function show(view) {
  document.body.dataset.view = view;
  for (const tab of document.querySelectorAll("#views [role=tab]")) {
    const chosen = tab.dataset.view === view;
    tab.setAttribute("aria-selected", String(chosen));
    tab.tabIndex = chosen ? 0 : -1;
  }
}

function showPanel(name) {
  for (const tab of document.querySelectorAll("#panels [role=tab]")) {
    const chosen = tab.getAttribute("aria-controls") === name;
    tab.setAttribute("aria-selected", String(chosen));
    tab.tabIndex = chosen ? 0 : -1;
    byId(tab.getAttribute("aria-controls")).hidden = !chosen;
  }
}

const wordsOf = ({ variables: given }) => (!given ? "" : typeof given === "string" ? given : JSON.stringify(given, null, 2));

function load(entry) {
  if (entry.role && entry.role !== role.role && roles.some((one) => one.role === entry.role)) become(entry.role);
  query.set(entry.query);
  byId("variables").open = wordsOf(entry).trim() !== "";
  variables.set(wordsOf(entry));
  edited();
  show("query");
}

function pick(entry) {
  load(entry);
  // On a phone the focus would bring the keyboard up over the query just picked.
  if (!matchMedia("(pointer: coarse)").matches) query.focus();
}

async function become(name) {
  role = roles.find((one) => one.role === name) ?? roles[0];
  byId("role").value = role.role;
  byId("role-about").textContent = role.description ?? "";
  showSamples(byId("samples-panel"), samples, role, roles, pick);
  rememberDraft(asked());
  await readSchema(role);
}

async function readSchema(reader) {
  schema = schemas.get(reader.role) ?? null;
  if (!schema) {
    browser.fail("Reading the schema…");
    try {
      const read = schemaOf(await introspect(reader));
      schemas.set(reader.role, read);
      if (reader === role) schema = read;
    } catch (error) {
      if (reader === role) browser.fail(`The schema could not be read: ${error.message}`);
      return;
    }
  }
  if (reader === role) browser.show(schema);
}

function parsedVariables() {
  const text = variables.text().trim();
  if (!text) return {};
  const parsed = JSON.parse(text);
  if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed)) throw new TypeError("they are not a JSON object");
  return parsed;
}

function running(how) {
  stop = how;
  byId("run").classList.toggle("running", how !== null);
  byId("run-word").textContent = how ? "Stop" : "Run";
}

const goTo = (line, column) => {
  show("query");
  query.goTo(line, column);
};

function point(problems) {
  query.mark(problems.map(({ line }) => line).filter(Boolean));
}

async function run() {
  if (stop) return stop();
  const text = query.text();
  let given;
  try {
    given = parsedVariables();
  } catch (error) {
    byId("variables").open = true;
    showBroken(`The variables are not usable: ${error.message}. Write a JSON object, for example {"first": 10}.`);
    show("result");
    return undefined;
  }
  if (!text.trim()) {
    showBroken("There is no query yet. Pick a sample or write one.");
    show("result");
    return undefined;
  }
  const operation = operationAt(text, query.at());
  const request = { query: text, variables: given, operationName: operation?.name ?? null, role: role.role, token: role.token, session: role.session };
  rememberQuery({ ...asked(), at: Date.now() });
  showPast(byId("past-panel"), roles, pick);
  toAddress(asked());
  show("result");
  showWaiting(role.label);
  return operation?.type === "subscription" ? listen(request, role.label) : askOnce(request, role.label);
}

/** Asks; where the role's token is no longer taken, as after a restart of the demonstration, once more with a new one. */
async function askFresh(request, signal) {
  const first = await ask({ ...request, signal });
  if (first.status !== 401 || !request.token) return first;
  const renewed = (await askRoles()).find((one) => one.role === request.role)?.token;
  if (!renewed || renewed === request.token) return first;
  Object.assign(roles.find((one) => one.role === request.role), { token: renewed });
  return ask({ ...request, token: renewed, signal });
}

async function askOnce(request, label) {
  const abort = new AbortController();
  running(() => abort.abort());
  try {
    const problems = showAnswer(await askFresh(request, abort.signal), label, goTo);
    point(problems);
    announce(problems.length ? `Answered with ${problems.length} problems` : "Answered");
  } catch (error) {
    showBroken(error.name === "AbortError" ? "Stopped before the answer came." : "The service did not answer. Is it still running?");
  } finally {
    running(null);
  }
}

function listen(request, label) {
  const events = [];
  const draw = (open, reason) => point(showEvents(events, label, open, reason, goTo));
  running(follow(request, {
    next(body) {
      events.unshift(body);
      events.length = Math.min(events.length, EVENTS_KEPT);
      draw(true);
      announce(`${events.length} events`);
    },
    end(reason) {
      running(null);
      draw(false, reason);
    },
  }));
  draw(true);
}

async function copy(text, button) {
  const before = button.textContent;
  try {
    await navigator.clipboard.writeText(text);
    button.textContent = "Copied";
  } catch {
    button.textContent = "Not allowed here";
  }
  announce(button.textContent);
  setTimeout(() => { button.textContent = before; }, 1500);
}

function connect() {
  byId("run").addEventListener("click", run);
  byId("tidy").addEventListener("click", () => query.set(tidy(query.text())));
  byId("share").addEventListener("click", (event) => copy(toAddress(asked()), event.currentTarget));
  byId("copy").addEventListener("click", (event) => copy(byId("answer").textContent, event.currentTarget));
  byId("role").addEventListener("change", (event) => become(event.target.value));
  byId("sign-out").addEventListener("click", leave);
  byId("reread").addEventListener("click", () => { schemas.delete(role.role); readSchema(role); });
  document.addEventListener("selectionchange", () => document.activeElement === byId("query") && edited());
  document.addEventListener("keydown", (event) => {
    if (!(event.ctrlKey || event.metaKey)) return;
    if (event.key === "Enter") { event.preventDefault(); run(); }
    if (event.shiftKey && event.key.toLowerCase() === "f") { event.preventDefault(); byId("tidy").click(); }
  });
  window.addEventListener("hashchange", () => { const entry = fromAddress(); if (entry) load(entry); });
  for (const [id, choose] of [["views", (tab) => show(tab.dataset.view)], ["panels", (tab) => showPanel(tab.getAttribute("aria-controls"))]]) {
    byId(id).addEventListener("click", (event) => { const tab = event.target.closest("[role=tab]"); if (tab) choose(tab); });
    arrowKeys(byId(id), choose);
  }
}

/** Shows how to sign in or out; gives the entry of who is signed in, if anybody is. */
function showSession({ signedIn, name, roles: held, providers }) {
  byId("sign-out").hidden = !signedIn;
  if (signedIn) {
    const description = `Signed in: ${held.filter((one) => one !== "anonymous").join(", ") || "no role yet"}.`;
    return { role: "signed-in", label: name || "You", description, token: null, session: true };
  }
  const links = providers.map(({ title, login }) => element("a", { href: login, class: "sign-in" }, providers.length > 1 ? `Sign in: ${title}` : "Sign in"));
  byId("sign-in").replaceChildren(...links);
  return null;
}

async function leave() {
  try {
    location.assign(await signOut());
  } catch (error) {
    byId("notice").textContent = `You are still signed in: ${error.message}`;
    byId("notice").hidden = false;
  }
}

async function start() {
  connect();
  show("query");
  showPanel("samples-panel");
  const [givenRoles, givenSamples, givenSession] = await Promise.allSettled([askRoles(), askSamples(), askSession()]);
  if (givenRoles.status === "fulfilled" && givenRoles.value.length) {
    roles = givenRoles.value.some(({ token }) => !token) ? givenRoles.value : [NOBODY, ...givenRoles.value];
  } else byId("notice").textContent = "The demonstration's roles could not be read, so this page asks as nobody.";
  if (givenSamples.status === "fulfilled") samples = givenSamples.value;
  const own = givenSession.status === "fulfilled" ? showSession(givenSession.value) : null;
  if (own) roles = [own, ...roles];
  byId("notice").hidden = !byId("notice").textContent;
  byId("role").replaceChildren(...roles.map((one) => element("option", { value: one.role }, one.label)));
  const entry = fromAddress() ?? draft();
  const wanted = entry ? entry.role : samples[0]?.roles?.[0];
  const first = own ?? roles.find((one) => one.role === wanted) ?? roles.find(({ token }) => token) ?? roles[0];
  showPast(byId("past-panel"), roles, pick);
  become(first.role);
  if (entry) load({ ...entry, role: null });
  else if (samples.length) {
    const sample = samples.find((one) => !one.roles?.length || one.roles.includes(role.role)) ?? samples[0];
    load({ ...sample, role: null });
  }
  document.body.dataset.ready = "yes";
}

start();
