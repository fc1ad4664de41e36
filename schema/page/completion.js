// What may be written where the cursor stands: one walk over the tokens before it, keeping a stack of open brackets.

import { meaningful, tokens } from "./language.js";
import { named, written } from "./introspection.js";

const INPUT_KINDS = ["SCALAR", "ENUM", "INPUT_OBJECT"];

function enterDocument(state, token, schema) {
  const { text, kind } = token;
  if (text === "{") {
    const type = state.header ? state.header.type : schema.root("query");
    state.stack.push({ kind: "selection", type });
    state.header = null;
  } else if (text === "(") state.stack.push({ kind: "definitions" });
  else if (text === "fragment") state.header = { type: null };
  else if (kind === "name" && state.before === "on") state.header = { type: schema.type(text) };
  else if (kind === "name" && !state.header) state.header = { type: schema.root(text) };
}

function enterSelection(state, frame, token, schema) {
  const { text, kind } = token;
  if (text === "...") Object.assign(frame, { spread: true, inline: null, field: null });
  else if (kind === "name" && frame.spread && state.before === "on") frame.inline = schema.type(text);
  else if (kind === "name" && frame.spread && state.before === "...") frame.spread = text === "on" ? true : "named";
  else if (kind === "name" && state.before !== "@") Object.assign(frame, { spread: false, field: schema.field(frame.type, text) });
  else if (text === "(") state.stack.push({ kind: "inputs", inputs: frame.field?.args ?? [] });
  else if (text === "{") {
    const type = frame.spread ? (frame.inline ?? frame.type) : schema.type(named(frame.field?.type));
    Object.assign(frame, { spread: false });
    state.stack.push({ kind: "selection", type });
  } else if (text === "}") state.stack.pop();
}

function enterInputs(state, frame, token, schema) {
  const { text, kind } = token;
  const fieldsOf = (input) => schema.type(named(input?.type))?.inputFields ?? [];
  if (text === ":") frame.value = true;
  else if (text === "{") state.stack.push({ kind: "inputs", inputs: fieldsOf(frame.current) });
  else if (text === "[") state.stack.push({ kind: "list", current: frame.current });
  else if (text === ")" || text === "}" || text === "]") {
    state.stack.pop();
    const outer = state.stack.at(-1);
    if (outer && outer.kind !== "list") outer.value = false;
  } else if (frame.kind === "list" || text === "$") return;
  else if (frame.value) frame.value = false;
  else if (kind === "name") frame.current = frame.inputs.find(({ name }) => name === text) ?? null;
}

function walk(before, schema) {
  const state = { stack: [], header: null, before: null, directive: null };
  for (const token of before) {
    const frame = state.stack.at(-1);
    const directive = state.directive;
    state.directive = state.before === "@" ? schema.directives.find(({ name }) => name === token.text) : null;
    if (directive && token.text === "(") state.stack.push({ kind: "inputs", inputs: directive.args });
    else if (!frame) enterDocument(state, token, schema);
    else if (frame.kind === "selection") enterSelection(state, frame, token, schema);
    else if (frame.kind === "definitions") {
      if (token.text === ")") state.stack.pop();
    } else enterInputs(state, frame, token, schema);
    state.before = token.text;
  }
  return state;
}

const about = (one, insert = one.name) => ({
  label: one.name,
  insert,
  detail: one.type ? written(one.type) : (one.kind ?? "").toLowerCase().replace("_", " "),
  description: one.description ?? "",
  deprecated: Boolean(one.isDeprecated),
});
const word = (name, description = "") => ({ label: name, insert: name, detail: "", description, deprecated: false });

function values(input, declared, schema) {
  const type = schema.type(named(input?.type));
  const own = (type?.enumValues ?? []).map((one) => about(one));
  const truth = type?.name === "Boolean" ? [word("true"), word("false")] : [];
  return [...own, ...truth, ...declared.map((name) => word(`$${name}`, "A variable of this operation."))];
}

function offers(state, schema, text) {
  const frame = state.stack.at(-1);
  const declared = [...new Set(Array.from(text.matchAll(/\$(\w+)\s*:/g), (match) => match[1]))];
  const fragments = Array.from(text.matchAll(/\bfragment\s+(\w+)/g), (match) => match[1]).filter((name) => name !== "on");
  if (state.before === "@") return schema.directives.map((one) => ({ ...about(one), detail: "directive" }));
  if (state.before === "$" && frame && frame.kind !== "definitions") return declared.map((name) => word(name));
  if (state.before === "on" && (!frame || frame.spread)) return schema.types.filter(schema.composite).map((one) => about(one));
  if (!frame) return state.header ? [] : [...schema.roots.map(([operation]) => word(operation)), word("fragment")];
  if (frame.kind === "selection") {
    if (state.before === "...") return [word("on", "A part for one type only."), ...fragments.map((name) => word(name))];
    return schema.fields(frame.type).map((one) => about(one));
  }
  if (frame.kind === "definitions") {
    const wanted = state.before === ":" || state.before === "[";
    return wanted ? schema.types.filter(({ kind }) => INPUT_KINDS.includes(kind)).map((one) => about(one)) : [];
  }
  if (frame.kind === "list" || frame.value) return values(frame.current, declared, schema);
  return frame.inputs.map((one) => about(one, `${one.name}: `));
}

/**
 * What fits at position `at` of `text`: `{prefix, start, items}`, best first. No items inside comments and strings,
 * or where the schema knows nothing.
 */
export function complete(text, at, schema) {
  const none = { prefix: "", start: at, items: [] };
  const touching = tokens(text).find(({ start, end }) => start < at && at <= end);
  if (touching?.kind === "comment" || (touching?.kind === "string" && !(at === touching.end && closed(touching.text)))) return none;
  const start = touching?.kind === "name" ? touching.start : at;
  const prefix = text.slice(start, at);
  const state = walk(meaningful(text.slice(0, start)), schema);
  const wanted = prefix.toLowerCase();
  const fits = (name) => (wanted.length < 2 ? name.startsWith(wanted) : name.includes(wanted));
  const items = offers(state, schema, text).filter(({ label }) => fits(label.toLowerCase()));
  const rank = ({ label, deprecated }) => (label.toLowerCase().startsWith(wanted) ? 0 : 1) + (deprecated ? 2 : 0);
  items.sort((a, b) => rank(a) - rank(b));
  return { prefix, start, items };
}

const closed = (string) => string.length > 1 && string.endsWith('"') && !/^"""?$/.test(string);
