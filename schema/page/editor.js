// A text area with line numbers, colours, indentation, bracket pairs and completion. The text area stays the real thing:
// undo, selection, screen readers and spelling tools keep working; the coloured text lies underneath it.

import { announce, element } from "./dom.js";
import { coloured } from "./language.js";

const PAIRS = { "{": "}", "(": ")", "[": "]" };
const SHOWN = 60;

/** Replaces a stretch of the text so that the browser's undo still works. */
function replace(area, start, end, text) {
  area.focus();
  area.setSelectionRange(start, end);
  // A hidden text area takes no focus, and the command would then write into whatever has it.
  const focused = document.activeElement === area;
  if (focused && (text ? document.execCommand("insertText", false, text) : document.execCommand("delete"))) return;
  area.setRangeText(text, start, end, "end");
  area.dispatchEvent(new Event("input"));
}

function lineStart(text, at) {
  return text.lastIndexOf("\n", at - 1) + 1;
}

function indentLines(area, outdent) {
  const from = lineStart(area.value, area.selectionStart);
  const to = area.selectionEnd;
  const block = area.value.slice(from, to);
  const changed = outdent ? block.replace(/^ {1,2}/gm, "") : block.replace(/^/gm, "  ");
  replace(area, from, to, changed);
  area.setSelectionRange(from, from + changed.length);
}

function breakLine(area) {
  const { value, selectionStart: at, selectionEnd: end } = area;
  const indent = value.slice(lineStart(value, at), at).match(/^ */)[0];
  const opened = Object.keys(PAIRS).includes(value[at - 1]);
  const between = opened && value[end] === PAIRS[value[at - 1]];
  replace(area, at, end, `\n${indent}${opened ? "  " : ""}${between ? `\n${indent}` : ""}`);
  const cursor = at + 1 + indent.length + (opened ? 2 : 0);
  area.setSelectionRange(cursor, cursor);
}

/** Handles a bracket key; gives whether it did. */
function pair(area, key) {
  const { value, selectionStart: at, selectionEnd: end } = area;
  if (Object.values(PAIRS).includes(key) && at === end && value[at] === key) {
    area.setSelectionRange(at + 1, at + 1);
    return true;
  }
  const roomy = end > at || /^[\s)\]}]?$/.test(value[at] ?? "");
  if (PAIRS[key] && roomy) {
    replace(area, at, end, key + value.slice(at, end) + PAIRS[key]);
    area.setSelectionRange(at + 1, end + 1);
    return true;
  }
  if (key === "Backspace" && at === end && at > 0 && PAIRS[value[at - 1]] === value[at] && value[at]) {
    replace(area, at - 1, at + 1, "");
    return true;
  }
  return false;
}

/**
 * Turns the text area in `host` into an editor. `onchange(text)` follows each edit; `complete(text, at)` offers
 * completions and may be left out. Gives `{text, set, at, goTo, mark, focus}`.
 */
export function editor(host, { onchange, complete }) {
  const area = host.querySelector("textarea");
  const paint = element("pre", { class: "paint", "aria-hidden": "true" });
  const gutter = element("div", { class: "gutter", "aria-hidden": "true" });
  const list = element("ul", { class: "offers", role: "listbox", id: `${area.id}-offers`, "aria-label": "Completions", hidden: true });
  const note = element("p", { class: "offer-note", hidden: true });
  host.prepend(gutter);
  host.querySelector(".sheet").prepend(paint);
  document.body.append(list, note);
  let marked = new Set();
  let offered = null;
  let quiet = null;

  function draw() {
    const text = area.value;
    paint.replaceChildren(...coloured(text).map((token) => (token.colour ? element("span", { class: `c-${token.colour}` }, token.text) : token.text)), "\n");
    const lines = text.split("\n").length;
    if (gutter.childElementCount !== lines) {
      gutter.replaceChildren(...Array.from({ length: lines }, (_, index) => element("span", {}, index + 1)));
    }
    [...gutter.children].forEach((number, index) => number.classList.toggle("marked", marked.has(index + 1)));
    scroll();
  }

  function scroll() {
    paint.scrollTop = area.scrollTop;
    paint.scrollLeft = area.scrollLeft;
    gutter.scrollTop = area.scrollTop;
  }

  function close() {
    offered = null;
    list.hidden = note.hidden = true;
    area.removeAttribute("aria-activedescendant");
  }

  function choose(index) {
    offered.index = index;
    [...list.children].forEach((option, at) => option.setAttribute("aria-selected", String(at === index)));
    list.children[index].scrollIntoView({ block: "nearest" });
    area.setAttribute("aria-activedescendant", list.children[index].id);
    const item = offered.items[index];
    note.textContent = item.description;
    note.hidden = !item.description || innerWidth < 700;
    const box = list.getBoundingClientRect();
    const right = box.right + 8 + 320 < innerWidth;
    note.style.left = `${right ? box.right + 4 : Math.max(8, box.left - 324)}px`;
    note.style.top = `${box.top}px`;
  }

  function accept(index) {
    const item = offered.items[index];
    const { start } = offered;
    close();
    quiet = start + item.insert.length;
    replace(area, start, area.selectionStart, item.insert);
    announce(`${item.label} inserted`);
  }

  function place(start) {
    const style = getComputedStyle(area);
    const line = area.value.slice(0, start).split("\n").length - 1;
    const column = start - lineStart(area.value, start);
    const glyph = element("span", { class: "glyph" }, "0".repeat(20));
    paint.append(glyph);
    const width = glyph.getBoundingClientRect().width / 20;
    glyph.remove();
    const box = area.getBoundingClientRect();
    const height = Number.parseFloat(style.lineHeight);
    const x = box.left + Number.parseFloat(style.paddingLeft) + column * width - area.scrollLeft;
    const y = box.top + Number.parseFloat(style.paddingTop) + (line + 1) * height - area.scrollTop;
    const above = y + list.offsetHeight > innerHeight && y - height - list.offsetHeight > 0;
    list.style.left = `${Math.max(8, Math.min(x, innerWidth - list.offsetWidth - 8))}px`;
    list.style.top = `${above ? y - height - list.offsetHeight : y}px`;
  }

  function offer(asked) {
    if (!complete || area.selectionStart !== area.selectionEnd) return close();
    const { prefix, start, items } = complete(area.value, area.selectionStart);
    const sole = items.length === 1 && items[0].label === prefix;
    if (!items.length || sole || (!asked && !prefix)) return close();
    offered = { start, items: items.slice(0, SHOWN), index: 0 };
    list.replaceChildren(
      ...offered.items.map((item, index) =>
        element(
          "li",
          { role: "option", id: `${list.id}-${index}`, class: item.deprecated ? "deprecated" : null, onpointerdown: (event) => { event.preventDefault(); accept(index); } },
          element("span", { class: "offer-name" }, item.label),
          element("span", { class: "offer-detail" }, item.detail),
        ),
      ),
    );
    list.hidden = false;
    place(start);
    choose(0);
    if (asked) announce(`${items.length} completions`);
  }

  function offerKey(event) {
    const count = offered.items.length;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) choose((offered.index + step + count) % count);
    else if (event.key === "Enter" || event.key === "Tab") accept(offered.index);
    else if (event.key === "Escape") close();
    else return false;
    return true;
  }

  let leaving = false;
  area.addEventListener("keydown", (event) => {
    if (event.isComposing || ((event.ctrlKey || event.metaKey) && event.key !== " ")) return;
    let handled = true;
    if (offered && !event.shiftKey && offerKey(event)) leaving = false;
    else if (event.ctrlKey && event.key === " ") offer(true);
    else if (event.key === "Escape") leaving = true;
    else if (event.key === "Tab" && !leaving) {
      if (event.shiftKey || area.selectionStart !== area.selectionEnd) indentLines(area, event.shiftKey);
      else replace(area, area.selectionStart, area.selectionEnd, "  ");
    } else if (event.key === "Enter") breakLine(area);
    else handled = pair(area, event.key);
    if (event.key !== "Escape" && event.key !== "Shift") leaving = false;
    if (handled) event.preventDefault();
  });
  area.addEventListener("input", () => {
    marked = new Set();
    draw();
    onchange(area.value);
    if (quiet === area.selectionStart) close();
    else offer(false);
    quiet = null;
  });
  area.addEventListener("scroll", () => { scroll(); if (offered) { place(offered.start); choose(offered.index); } });
  area.addEventListener("blur", close);
  area.addEventListener("pointerdown", close);
  area.setAttribute("aria-controls", list.id);
  draw();

  return {
    text: () => area.value,
    at: () => area.selectionStart,
    focus: () => area.focus(),
    /** Puts other text in place of all of it; undo brings the old text back. */
    set(text) {
      const held = document.activeElement;
      if (area.value !== text) {
        quiet = text.length;
        replace(area, 0, area.value.length, text);
        area.setSelectionRange(0, 0);
        area.scrollTop = area.scrollLeft = 0;
        draw();
      }
      if (held === document.body) area.blur();
      else held.focus();
    },
    goTo(line, column) {
      const at = area.value.split("\n").slice(0, line - 1).reduce((sum, text) => sum + text.length + 1, 0) + column - 1;
      area.focus();
      area.setSelectionRange(at, at);
      area.scrollTop = Math.max(0, (line - 4) * Number.parseFloat(getComputedStyle(area).lineHeight));
    },
    mark(lines) {
      marked = new Set(lines);
      draw();
    },
  };
}
