// The lists of queries to pick from: the samples of the service and the past queries of this tab.

import { element } from "./dom.js";
import { forgetQueries, pastQueries } from "./memory.js";
import { operations } from "./language.js";

function card(title, detail, tags, pick) {
  return element(
    "li",
    {},
    element("button", { type: "button", class: "card", onclick: pick },
      element("span", { class: "card-title" }, title),
      detail && element("span", { class: "card-detail" }, detail),
      tags.length > 0 && element("span", { class: "tags" }, tags.map((tag) => element("span", { class: "tag" }, tag)))),
  );
}

/**
 * Lists the samples for `role`, the others below them. A sample without roles is for everyone. Picking one calls
 * `pick({query, variables, role})`; a sample for others names the role that it is meant for.
 */
export function showSamples(host, samples, role, roles, pick) {
  const label = (name) => roles.find((one) => one.role === name)?.label ?? name;
  const known = (sample) => (sample.roles ?? []).filter((name) => roles.some((one) => one.role === name));
  const own = samples.filter((sample) => !sample.roles?.length || sample.roles.includes(role.role));
  const others = samples.filter((sample) => !own.includes(sample) && known(sample).length > 0);
  const chosen = (sample, as) => () => pick({ query: sample.query, variables: sample.variables, role: as });
  host.replaceChildren(
    element("h3", {}, `For ${role.label}`),
    element("p", { class: "about narrow-only" }, role.description ?? ""),
    own.length ? element("ul", { class: "cards" }, own.map((sample) => card(sample.title, null, [], chosen(sample, role.role)))) : element("p", { class: "about" }, "No samples for this role."),
    ...(others.length ? [
      element("h3", {}, "For other roles"),
      element("p", { class: "about" }, "Picking one also changes the role to the first that it names."),
      element("ul", { class: "cards" }, others.map((sample) => card(sample.title, null, known(sample).map(label), chosen(sample, known(sample)[0])))),
    ] : []),
  );
}

/** Lists the past queries of this tab, newest first. */
export function showPast(host, roles, pick) {
  const past = pastQueries();
  const label = (name) => roles.find((one) => one.role === name)?.label ?? name;
  const title = ({ query }) => operations(query).map(({ type, name }) => name ?? type).join(", ") || query.trim().slice(0, 40) || "(empty)";
  const when = ({ at }) => new Date(at).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
  host.replaceChildren(
    past.length
      ? element("ul", { class: "cards" }, past.map((entry) => card(title(entry), entry.query.replace(/\s+/g, " ").slice(0, 90), [label(entry.role), when(entry)], () => pick(entry))))
      : element("p", { class: "about" }, "Queries that you run appear here. They stay in this tab and go when it closes."),
    ...(past.length ? [element("button", { type: "button", class: "link", onclick: () => { forgetQueries(); showPast(host, roles, pick); } }, "Forget all")] : []),
  );
}
