// The same graph with graphql-yoga and MongoDB's driver, resolvers by hand. It ends when its standard input does.

import { createServer } from "node:http";
import { GraphQLScalarType } from "graphql";
import { createSchema, createYoga } from "graphql-yoga";
import { MongoClient } from "mongodb";

const told = JSON.parse(process.argv[2]);
const client = new MongoClient(told.uri);
const db = client.db(told.database);

const typeDefs = /* GraphQL */ `
  scalar DateTime
  type Text { az: String en: String ru: String }
  type Period { start: String! end: String }
  type TravelLeg { carrier: String number: String airport: String at: DateTime zone: String }
  type Interpreting { source: String! target: String! mode: String! }
  type Member {
    id: ID! precedence: Int head: Boolean! badgeName: String
    arrival: TravelLeg departure: TravelLeg interpreter: Interpreting
  }
  type Place { venue: String room: String address: String }
  type Host { id: ID! answer: String! }
  type Transfer { vehicle: String flight: String destination: String }
  type Attendee { id: ID! seat: String partner: Partner }
  type Item {
    id: ID! kind: String! title: Text! start: DateTime! end: DateTime! zone: String! place: Place hosts: [Host!]!
    attendees: [Attendee!]! transfer: Transfer dress: String menu: Text flags: [String!]! photographer: Boolean!
    status: String!
  }
  type Day { id: ID! date: String! title: Text items: [Item!]! }
  type Itinerary { id: ID! status: String! title: Text! days: [Day!]! }
  type Partner { id: ID! code: String! name: Text! country: String! city: String website: String }
  type DelegationPartner { role: String! partner: Partner }
  type Money { amount: String! currency: String! }
  type BudgetLine { line: String! amount: Money! }
  type Delegation {
    id: ID! code: String! status: String! level: String! direction: String! restricted: Boolean! title: Text!
    dates: Period! orderNumber: String confirmedAt: DateTime members: [Member!]! partners: [DelegationPartner!]!
    budget: [BudgetLine!] itineraries: [Itinerary!]!
  }
  type ItineraryIssue {
    id: ID! code: String! status: String! number: Int! title: Text! days: [Day!]! issuedAt: DateTime
    publishedFrom: DateTime
  }
  type DelegationConnection { nodes: [Delegation!]! totalCount: Int! }
  type IssueConnection { nodes: [ItineraryIssue!]! totalCount: Int! }
  type Query {
    delegations(first: Int = 20, after: String): DelegationConnection!
    delegation(id: ID!): Delegation
    itineraryIssues(first: Int = 20, after: String): IssueConnection!
    itineraryIssue(id: ID!): ItineraryIssue
  }
`;

// Whole seconds without a fraction, as the others write them.
const DateTime = new GraphQLScalarType({
  name: "DateTime",
  serialize: (value) => value.toISOString().replace(".000Z", "Z"),
});

/** One query for all keys that are asked for within one turn of the event loop. */
function loader(load) {
  let waiting = null;
  const known = new Map();
  return (key) => {
    if (!known.has(key)) {
      waiting ??= schedule();
      waiting.keys.push(key);
      const { found } = waiting;
      known.set(key, found.then((rows) => rows.get(key)));
    }
    return known.get(key);
  };
  function schedule() {
    const keys = [];
    const found = new Promise((resolve) => setImmediate(resolve)).then(() => {
      waiting = null;
      return load(keys);
    });
    return { keys, found };
  }
}

const inside = (caller) => ({ scope: { $in: caller.tokens } });
const opened = (caller) =>
  caller.partner === null
    ? inside(caller)
    : { $or: [inside(caller), { scope: "public", published_from: { $lte: new Date() } }] };

function contextOf(request) {
  const caller = told.callers[request.headers.get("authorization")];
  const byId = (name) => async (keys) => {
    const rows = await db.collection(name).find({ _id: { $in: keys }, ...opened(caller) }).toArray();
    return new Map(rows.map((row) => [row._id, row]));
  };
  return {
    caller,
    partner: loader(byId("partners")),
    plans: loader(async (keys) => {
      const query = { delegation: { $in: keys }, ...opened(caller), archived_at: null };
      const found = new Map(keys.map((key) => [key, []]));
      const rows = await db.collection("itineraries").find(query).sort({ _id: 1 }).toArray();
      for (const row of rows) found.get(row.delegation).push(row);
      return found;
    }),
  };
}

function page(name, scope) {
  const query = (caller) => ({ ...scope(caller), ...(caller.partner === null ? { archived_at: null } : {}) });
  return {
    nodes: ({ first, after }, _, { caller }) => {
      const found = after ? { ...query(caller), _id: { $gt: after } } : query(caller);
      return db.collection(name).find(found).sort({ _id: 1 }).limit(first).toArray();
    },
    totalCount: (_, __, { caller }) => db.collection(name).countDocuments(query(caller)),
  };
}

const issuedTo = (caller) => ({ scope: { $in: [`issued:${caller.partner}`] } });
const one = (name, scope) => (_, { id }, { caller }) =>
  db.collection(name).findOne({ _id: id, ...scope(caller) });
const id = { id: (row) => row._id };

const resolvers = {
  DateTime,
  Query: {
    delegations: (_, window) => window,
    delegation: one("delegations", inside),
    itineraryIssues: (_, window) => window,
    itineraryIssue: one("itinerary_issues", issuedTo),
  },
  DelegationConnection: page("delegations", inside),
  IssueConnection: page("itinerary_issues", issuedTo),
  Delegation: {
    ...id,
    orderNumber: (row) => row.order_number,
    confirmedAt: (row) => row.confirmed_at,
    budget: (row, _, { caller }) =>
      caller.tokens.some((token) => token.startsWith("assigned:") && row.scope.includes(token)) ? row.budget : null,
    itineraries: (row, _, { plans }) => plans(row._id),
  },
  DelegationPartner: { partner: (row, _, { partner }) => partner(row.partner) },
  Attendee: { partner: (row, _, { partner }) => partner(row.partner) },
  Member: { badgeName: (row) => row.badge_name },
  Money: { amount: (row) => row.amount.toString() },
  Partner: id,
  Itinerary: id,
  ItineraryIssue: {
    ...id,
    issuedAt: (row) => row.issued_at,
    publishedFrom: (row) => row.published_from,
  },
  Day: {
    items: (row, _, { caller }) =>
      caller.partner === null ? row.items : row.items.filter((item) => ["PUBLIC", "PARTNER"].includes(item.audience)),
  },
  Item: {
    attendees: (row, _, { caller }) =>
      caller.partner === null ? row.attendees : row.attendees.filter((found) => found.partner === caller.partner),
  },
};

const yoga = createYoga({
  schema: createSchema({ typeDefs, resolvers }),
  context: ({ request }) => contextOf(request),
  graphiql: false,
  logging: "error",
});

await client.connect();
const server = createServer((request, response) => {
  if (request.url === "/cpu") {
    const { user, system } = process.cpuUsage();
    response.setHeader("Content-Type", "application/json");
    response.end(JSON.stringify({ cpu: (user + system) * 1000 }));
    return;
  }
  yoga(request, response);
});
server.keepAliveTimeout = 600_000;
server.listen(0, "127.0.0.1", () => console.log(server.address().port));
process.stdin.on("end", () => process.exit()).resume();
