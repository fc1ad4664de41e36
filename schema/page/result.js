// The answer: how it went, its problems in words, and the JSON itself.

import { byId, element } from "./dom.js";
import { coloured } from "./language.js";

const COLOURED_UP_TO = 300_000;
const size = (bytes) => (bytes < 1000 ? `${bytes} B` : bytes < 1e6 ? `${(bytes / 1000).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(1)} MB`);
const time = (milliseconds) => (milliseconds < 1000 ? `${milliseconds.toFixed(milliseconds < 10 ? 1 : 0)} ms` : `${(milliseconds / 1000).toFixed(2)} s`);

/** The refusals of an answer: the request's errors, then the problems that a change reports in its data. */
export function problemsOf(body) {
  const errors = (body?.errors ?? []).map(({ message, path, locations, extensions }) => ({
    code: extensions?.code ?? null,
    message,
    path: path ?? [],
    line: locations?.[0]?.line ?? null,
    column: locations?.[0]?.column ?? null,
    request: extensions?.requestId ?? null,
  }));
  const reported = Object.entries(body?.data ?? {}).flatMap(([root, value]) =>
    (Array.isArray(value?.problems) ? value.problems : []).map((problem) => ({
      code: problem.code ?? null,
      message: problem.message ?? "No message was asked for: add `message` to `problems`.",
      path: [root, ...[problem.path ?? []].flat()],
      line: null,
      column: null,
      request: null,
    })),
  );
  return [...errors, ...reported];
}

function showProblem(problem, goTo) {
  return element(
    "li",
    {},
    element("p", { class: "problem-text" }, problem.code && [element("span", { class: "code" }, problem.code), " "], problem.message),
    element(
      "p",
      { class: "problem-where" },
      problem.line && element("button", { type: "button", class: "link", onclick: () => goTo(problem.line, problem.column) }, `Line ${problem.line}, column ${problem.column}`),
      problem.path.length > 0 && element("code", {}, problem.path.join(" › ")),
      problem.request && element("span", {}, `Request ${problem.request}`),
    ),
  );
}

function json(value) {
  const text = JSON.stringify(value, null, 2);
  if (text.length > COLOURED_UP_TO) return [text];
  return coloured(text).map((token) => (token.colour ? element("span", { class: `c-${token.colour}` }, token.text) : token.text));
}

function fill({ state, facts, problems, body, text, goTo }) {
  byId("result").dataset.state = state;
  byId("facts").replaceChildren(...facts.map((fact) => element("span", {}, fact)));
  const box = byId("problems");
  box.hidden = problems.length === 0;
  box.replaceChildren(
    ...(problems.length ? [element("h3", {}, problems.length === 1 ? "1 problem" : `${problems.length} problems`), element("ul", {}, problems.map((one) => showProblem(one, goTo)))] : []),
  );
  byId("answer").replaceChildren(...(body ? json(body) : [text ?? ""]));
  byId("copy").hidden = state === "waiting" || state === "broken";
}

/** Shows that a request is under way. */
export function showWaiting(label) {
  byId("result").dataset.state = "waiting";
  byId("facts").replaceChildren(element("span", {}, `Asking as ${label}…`));
}

/** Shows a finished answer; gives its problems. */
export function showAnswer(answer, label, goTo) {
  const problems = problemsOf(answer.body);
  if (!answer.body) problems.push({ code: null, message: `The service answered ${answer.status} with something that is not JSON.`, path: [], line: null, column: null, request: null });
  const state = problems.length || !answer.ok || !answer.body ? "problem" : "fine";
  const facts = [`${answer.status}`, time(answer.milliseconds), size(answer.bytes), `as ${label}`];
  fill({ state, facts, problems, body: answer.body, text: answer.text, goTo });
  return problems;
}

/** Shows the events of a subscription so far, newest first. */
export function showEvents(events, label, stillOpen, reason, goTo) {
  const problems = events.flatMap(problemsOf);
  const facts = [stillOpen ? "Live" : `Ended: ${reason}`, `${events.length} ${events.length === 1 ? "event" : "events"}`, `as ${label}`];
  fill({ state: problems.length ? "problem" : stillOpen ? "live" : "fine", facts, problems, body: events.length ? events : null, text: "", goTo });
  return problems;
}

/** Shows that nothing could be asked, and why. */
export function showBroken(message) {
  const problems = [{ code: null, message, path: [], line: null, column: null, request: null }];
  fill({ state: "broken", facts: ["Not sent"], problems, body: null, text: "", goTo: () => {} });
}
