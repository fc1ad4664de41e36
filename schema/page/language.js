// GraphQL text: tokens, colours, layout, operations. Lexical grammar: GraphQL specification, section 2.1.

const TOKEN =
  /[\s,\uFEFF]+|#[^\n]*|"""(?:\\"""|(?!""")[^])*(?:"""|$)|"(?:\\.|[^"\\\n])*"?|\.\.\.|[A-Za-z_]\w*|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|[^]/g;
const OPERATIONS = new Set(["query", "mutation", "subscription"]);
const KEYWORDS = new Set([...OPERATIONS, "fragment", "on"]);
const CONSTANTS = new Set(["true", "false", "null"]);
const LINE = 80;

function kindOf(text) {
  if (/^[\s,\uFEFF]/.test(text)) return "space";
  if (text[0] === "#") return "comment";
  if (text[0] === '"') return "string";
  if (/^[A-Za-z_]/.test(text)) return "name";
  if (/^-?\d/.test(text)) return "number";
  return "mark";
}

/** Every token of `text`, spaces and comments included: `{kind, text, start, end}`. */
export function tokens(text) {
  return Array.from(text.matchAll(TOKEN), (match) => ({
    kind: kindOf(match[0]),
    text: match[0],
    start: match.index,
    end: match.index + match[0].length,
  }));
}

/** The tokens that carry meaning. */
export const meaningful = (text) => tokens(text).filter(({ kind }) => kind !== "space" && kind !== "comment");

/** Tokens with the colour class each is shown in; used for GraphQL and for JSON. */
export function coloured(text) {
  const all = tokens(text);
  const solid = all.filter(({ kind }) => kind !== "space" && kind !== "comment");
  solid.forEach((token, index) => {
    const before = solid[index - 1]?.text;
    const after = solid[index + 1]?.text;
    if (token.kind === "string") token.colour = after === ":" ? "key" : "string";
    else if (token.kind === "number") token.colour = "number";
    else if (before === "$" || token.text === "$") token.colour = "variable";
    else if (before === "@" || token.text === "@") token.colour = "directive";
    else if (token.kind !== "name") token.colour = "mark";
    else if (after === ":") token.colour = "key";
    else if (KEYWORDS.has(token.text)) token.colour = "keyword";
    else if (CONSTANTS.has(token.text)) token.colour = "constant";
    else if (/^[A-Z]/.test(token.text)) token.colour = "type";
    else token.colour = "field";
  });
  for (const token of all) if (token.kind === "comment") token.colour = "comment";
  return all;
}

/** The operations of a document in order: `{type, name, start, end}`; `name` is null for an anonymous one. */
export function operations(text) {
  const found = [];
  let depth = 0;
  let header = null;
  const solid = meaningful(text);
  solid.forEach((token, index) => {
    if (depth === 0 && OPERATIONS.has(token.text) && !header) {
      const named = solid[index + 1]?.kind === "name";
      header = { type: token.text, name: named ? solid[index + 1].text : null, start: token.start };
    } else if (depth === 0 && token.text === "fragment" && !header) header = { type: "fragment", start: token.start };
    if (token.text === "{" && depth === 0 && !header) header = { type: "query", name: null, start: token.start };
    if ("{([".includes(token.text)) depth += 1;
    if ("})]".includes(token.text)) depth = Math.max(0, depth - 1);
    if (depth === 0 && token.text === "}" && header) {
      if (header.type !== "fragment") found.push({ ...header, end: token.end });
      header = null;
    }
  });
  return found;
}

/** The operation that holds position `at`, else the first one, else null. */
export function operationAt(text, at) {
  const all = operations(text);
  return all.find(({ start, end }) => start <= at && at <= end) ?? all[0] ?? null;
}

const TIGHT_AFTER = new Set(["(", "[", "$", "@", "...", "!"]);
const TIGHT_BEFORE = new Set([")", "]", ":", "!", "("]);

function inline(run) {
  let line = "";
  run.forEach((token, index) => {
    const before = run[index - 1];
    const comma = before && needsComma(run, index);
    const tight = !before || TIGHT_AFTER.has(before.text) || TIGHT_BEFORE.has(token.text);
    const spread = before?.text === "..." && token.text === "on";
    const closed = before?.text === "!" && !TIGHT_BEFORE.has(token.text);
    line += (comma ? ", " : tight && !spread && !closed ? "" : " ") + token.text;
  });
  return line;
}

/** Whether a comma reads well before token `index`: between two arguments, object fields or list items. */
function needsComma(run, index) {
  const [before, token, after] = [run[index - 1], run[index], run[index + 1]];
  const depth = run.slice(0, index).reduce((sum, { text }) => sum + ("([{".includes(text) ? 1 : ")]}".includes(text) ? -1 : 0), 0);
  if (depth === 0 || /^[([{:$@=]$/.test(before.text) || /^[)\]}:!=(@]$/.test(token.text)) return false;
  if (token.text === "$") return before.text !== ":" ;
  return before.text === "]" || after?.text === ":" || inList(run, index);
}

function inList(run, index) {
  const open = [];
  for (const { text } of run.slice(0, index)) {
    if ("([{".includes(text)) open.push(text);
    else if (")]}".includes(text)) open.pop();
  }
  return open.at(-1) === "[";
}

/** Lays a document out: two spaces a level, one field a line, comments kept; arguments stay on one line. */
export function tidy(text) {
  const lines = [];
  let run = [];
  let depth = 0;
  let parens = 0;
  const indent = () => "  ".repeat(depth);
  const flush = (tail = "") => {
    const line = inline(run) + (run.length && tail ? " " : "") + tail;
    if (line) lines.push(...fold(line, indent()));
    run = [];
  };
  for (const token of tokens(text)) {
    if (token.kind === "space") continue;
    if (token.kind === "comment") {
      flush();
      lines.push(indent() + token.text.trimEnd());
    } else if (parens === 0 && token.text === "{") {
      flush("{");
      depth += 1;
    } else if (parens === 0 && token.text === "}") {
      flush();
      depth = Math.max(0, depth - 1);
      lines.push(`${indent()}}`);
      if (depth === 0) lines.push("");
    } else {
      if ("([{".includes(token.text)) parens += 1;
      if (parens === 0 && depth > 0 && startsField(run, token)) flush();
      run.push(token);
      if (")]}".includes(token.text)) parens -= 1;
    }
  }
  flush();
  return `${lines.join("\n").trim()}\n`;
}

function startsField(run, token) {
  const before = run.at(-1);
  if (!before) return false;
  if (token.text === "...") return true;
  return token.kind === "name" && ![":", "@", "...", "$"].includes(before.text) && !(before.text === "on" && run.at(-2)?.text === "...");
}

/** Breaks an over-long line after the commas between its outermost arguments. */
function fold(line, indent) {
  const open = line.indexOf("(");
  const close = line.lastIndexOf(")");
  if (indent.length + line.length <= LINE || open < 0 || close < open || line.includes("\n")) return [indent + line];
  const parts = [];
  let depth = 0;
  let part = "";
  for (const { text } of tokens(line.slice(open + 1, close))) {
    if ("([{".includes(text)) depth += 1;
    if (")]}".includes(text)) depth -= 1;
    if (depth === 0 && text.startsWith(",")) {
      parts.push(part);
      part = "";
    } else part += text;
  }
  return [indent + line.slice(0, open + 1), ...[...parts, part].map((piece) => `${indent}  ${piece.trim()}`), indent + line.slice(close)];
}
