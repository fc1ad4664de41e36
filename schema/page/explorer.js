// The schema browser: search, then read types and fields. It shows one role's schema and nothing else.

import { element } from "./dom.js";
import { find, named, written } from "./introspection.js";

const LISTED = 80;
const KINDS = { OBJECT: "type", INPUT_OBJECT: "input", INTERFACE: "interface", UNION: "union", ENUM: "enum", SCALAR: "scalar" };
const WHO = /^(read by|readable by|who may read|written by|who may write|access)\b/i;

/** Paragraphs of a description; those that tell who may read or write stand out. */
function described(text) {
  return (text ?? "")
    .split(/\n+/)
    .map((part) => part.trim())
    .filter(Boolean)
    .map((part) => element("p", { class: WHO.test(part) ? "who" : "about" }, part));
}

/** The browser in `host`. Gives `{show(schema), fail(message)}`. */
export function explorer(host) {
  const search = element("input", { type: "search", placeholder: "Search types and fields", "aria-label": "Search types and fields", spellcheck: "false", autocomplete: "off" });
  const back = element("button", { type: "button", class: "link", hidden: true, onclick: () => { trail.pop(); draw(); } }, "← Back");
  const page = element("div", { class: "explored", tabindex: "-1" });
  host.replaceChildren(search, back, page);
  let schema = null;
  let trail = [];

  const open = (name, member = null) => {
    trail.push({ name, member });
    search.value = "";
    draw();
    page.focus({ preventScroll: true });
    (page.querySelector(".chosen") ?? host).scrollIntoView({ block: "nearest" });
  };
  const link = (label, name, member) => element("button", { type: "button", class: "link", onclick: () => open(name, member) }, label);
  const typeLink = (type) => {
    const name = named(type);
    const [before, after] = written(type).split(name);
    return element("code", { class: "type-of" }, before, link(name, name), after);
  };

  function inputs(list) {
    return list.length > 0 && element(
      "dl",
      { class: "inputs" },
      list.map((one) => [
        element("dt", {}, element("code", {}, one.name), ": ", typeLink(one.type), one.defaultValue !== null && element("code", {}, ` = ${one.defaultValue}`)),
        element("dd", {}, described(one.description)),
      ]),
    );
  }

  function member(one, chosen) {
    return element(
      "li",
      { class: chosen === one.name ? "chosen" : null },
      element("details", { open: chosen === one.name },
        element("summary", {}, element("code", { class: one.isDeprecated ? "deprecated" : null }, one.name), one.type && element("code", { class: "type-of" }, written(one.type))),
        described(one.description),
        one.isDeprecated && element("p", { class: "who" }, `Deprecated: ${one.deprecationReason ?? "no reason given"}`),
        one.type && element("p", { class: "about" }, "Gives ", typeLink(one.type)),
        one.args && inputs(one.args),
      ),
    );
  }

  function drawType({ name, member: chosen }) {
    const type = schema.type(name);
    const members = [...(type.fields ?? []), ...(type.inputFields ?? []), ...(type.enumValues ?? [])];
    const list = (title, names) => names?.length > 0 && [element("h4", {}, title), element("ul", { class: "types" }, names.map((one) => element("li", {}, link(one.name, one.name))))];
    page.replaceChildren(
      element("h3", {}, element("span", { class: "kind" }, KINDS[type.kind]), type.name),
      ...described(type.description),
      ...[members.length > 0 && element("ul", { class: "members" }, members.map((one) => member(one, chosen))), list("One of", type.possibleTypes), list("Implements", type.interfaces)].flat().filter(Boolean),
    );
  }

  function drawFound(text) {
    const { hits, total } = find(schema, text, LISTED);
    page.replaceChildren(
      element("p", { class: "count", role: "status" }, total === 0 ? `Nothing here is called “${text}” for this role.` : total > LISTED ? `${LISTED} of ${total} shown` : `${total} found`),
      element("ul", { class: "types" }, hits.map(({ type, member: one }) =>
        element("li", {}, link(one ? `${type.name}.${one.name}` : type.name, type.name, one?.name), one?.type ? element("code", { class: "type-of" }, written(one.type)) : element("span", { class: "kind" }, KINDS[type.kind])))),
    );
  }

  function drawStart() {
    const rooted = new Set(schema.roots.map(([, name]) => name));
    page.replaceChildren(
      element("h4", {}, "Start here"),
      element("ul", { class: "types" }, schema.roots.map(([operation, name]) => element("li", {}, link(name, name), element("span", { class: "kind" }, operation)))),
      element("h4", {}, `All types (${schema.types.length})`),
      element("ul", { class: "types" }, schema.types.filter(({ name }) => !rooted.has(name)).map(({ name, kind }) => element("li", {}, link(name, name), element("span", { class: "kind" }, KINDS[kind])))),
    );
  }

  function draw() {
    if (!schema) return;
    const text = search.value.trim();
    back.hidden = trail.length === 0 || text !== "";
    if (text) drawFound(text);
    else if (trail.length) drawType(trail.at(-1));
    else drawStart();
  }
  search.addEventListener("input", draw);

  return {
    show(next) {
      schema = next;
      trail = trail.filter(({ name }) => schema.type(name));
      draw();
    },
    fail(message) {
      schema = null;
      back.hidden = true;
      page.replaceChildren(element("p", { class: "about" }, message));
    },
  };
}
