// The schema as one role sees it, from introspection. Specification: GraphQL, section 4.

const TYPE = "kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name } } } }";
const INPUT = `name description defaultValue isDeprecated deprecationReason type { ${TYPE} }`;

export const INTROSPECTION = `query Introspection { __schema {
  description queryType { name } mutationType { name } subscriptionType { name }
  directives { name description locations args { ${INPUT} } }
  types { kind name description possibleTypes { name } interfaces { name }
    fields(includeDeprecated: true) { name description isDeprecated deprecationReason args { ${INPUT} } type { ${TYPE} } }
    inputFields { ${INPUT} }
    enumValues(includeDeprecated: true) { name description isDeprecated deprecationReason } } } }`;

const TYPENAME = { name: "__typename", description: "The name of the type of this value.", args: [], type: { kind: "SCALAR", name: "String" } };

/** The name at the heart of a wrapped type: `[Item!]!` gives `Item`. */
export function named(type) {
  let inner = type;
  while (inner?.ofType) inner = inner.ofType;
  return inner?.name ?? null;
}

/** A type as GraphQL writes it. */
export function written(type) {
  if (!type) return "";
  if (type.kind === "NON_NULL") return `${written(type.ofType)}!`;
  if (type.kind === "LIST") return `[${written(type.ofType)}]`;
  return type.name;
}

/** What the page asks of a schema, from the `__schema` value of an introspection answer. */
export function schemaOf(introspected) {
  const types = new Map(introspected.types.map((type) => [type.name, type]));
  const roots = {
    query: introspected.queryType?.name,
    mutation: introspected.mutationType?.name,
    subscription: introspected.subscriptionType?.name,
  };
  const type = (name) => types.get(name) ?? null;
  const root = (operation) => type(roots[operation]);
  const shown = [...types.values()].filter(({ name }) => !name.startsWith("__")).sort((a, b) => a.name.localeCompare(b.name));
  const composite = (found) => ["OBJECT", "INTERFACE", "UNION"].includes(found?.kind);

  function fields(owner) {
    if (!owner) return [];
    const own = owner.fields ?? [];
    return composite(owner) ? [...own, TYPENAME] : own;
  }

  function field(owner, name) {
    const meta = owner?.name === roots.query ? { __schema: "__Schema", __type: "__Type" }[name] : null;
    if (meta) return { name, description: "", args: [], type: { kind: "OBJECT", name: meta } };
    return fields(owner).find((one) => one.name === name) ?? null;
  }

  return {
    types: shown,
    type,
    root,
    roots: Object.entries(roots).filter(([, name]) => types.has(name)),
    directives: introspected.directives,
    fields,
    field,
    composite,
  };
}

/** Types and members whose names hold `text`: exact names first, then beginnings, then the rest; at most `limit`. */
export function find(schema, text, limit) {
  const wanted = text.trim().toLowerCase();
  const [, owner, member] = wanted.match(/^(\w+)\.(\w*)$/) ?? [null, null, wanted];
  const hits = [];
  const weigh = (name) => {
    const lower = name.toLowerCase();
    return lower === member ? 0 : lower.startsWith(member) ? 1 : lower.includes(member) ? 2 : null;
  };
  for (const type of schema.types) {
    const weight = owner === null ? weigh(type.name) : null;
    if (weight !== null) hits.push({ weight, type, member: null });
    if (owner !== null && type.name.toLowerCase() !== owner) continue;
    for (const one of [...(type.fields ?? []), ...(type.inputFields ?? []), ...(type.enumValues ?? [])]) {
      const found = weigh(one.name);
      if (found !== null) hits.push({ weight: found + 0.5, type, member: one });
    }
  }
  hits.sort((a, b) => a.weight - b.weight);
  return { hits: hits.slice(0, limit), total: hits.length };
}
