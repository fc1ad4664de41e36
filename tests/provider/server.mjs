// The certified OpenID provider of npm, on one port of this machine, for tests. What it is told comes as JSON in the
// first argument; what changes meanwhile (its keys, answers that are spoiled) is posted to /control.

import { createServer } from "node:http";
import Provider from "oidc-provider";

const given = JSON.parse(process.argv[2]);
const counts = {};
let spoiled = {};
let callback;

function begin(jwks) {
  const provider = new Provider(given.issuer, {
    jwks,
    clients: given.clients,
    cookies: { keys: ["only for tests"] },
    scopes: ["openid", "profile", "email", "offline_access", "korpu"],
    claims: { openid: ["sub", "roles"], profile: ["name"], email: ["email"] },
    conformIdTokenClaims: false,
    pkce: { required: () => true },
    // Loopback is where the service under test is.
    fetch: (url, { dispatcher, ...options }) => fetch(url, options),
    features: {
      backchannelLogout: { enabled: true },
      clientCredentials: { enabled: true },
      devInteractions: { enabled: true },
      introspection: { enabled: false },
      resourceIndicators: {
        enabled: true,
        defaultResource: (context, client) => (client.clientId === "machine" ? given.audience : undefined),
        useGrantedResource: () => true,
        getResourceServerInfo: () => ({ audience: given.audience, scope: "korpu", accessTokenFormat: "jwt", accessTokenTTL: 600 }),
      },
    },
    findAccount: (context, sub) => ({
      accountId: sub,
      claims: () => ({ sub, roles: [sub.split("-")[0]], name: `Canary ${sub}`, email: `${sub}@example.org` }),
    }),
    ttl: { Session: 3600, Grant: 3600, Interaction: 600, IdToken: 600, AccessToken: 600, ClientCredentials: 600 },
  });
  provider.on("backchannel.error", (context, error) => console.error(error));
  callback = provider.callback();
}

async function control(request, response) {
  let body = "";
  for await (const chunk of request) body += chunk;
  const told = body ? JSON.parse(body) : {};
  if (told.jwks) begin(told.jwks);
  if (told.spoiled) spoiled = told.spoiled;
  const answer = JSON.stringify(counts);
  if (told.forget) for (const path of Object.keys(counts)) delete counts[path];
  response.setHeader("Content-Type", "application/json").end(answer);
}

begin(given.jwks);
createServer(async (request, response) => {
  const path = new URL(request.url, given.issuer).pathname;
  if (path === "/control") return control(request, response);
  counts[path] = (counts[path] ?? 0) + 1;
  const other = spoiled[path] ?? spoiled["*"];
  if (!other) return callback(request, response);
  if (other.delay) await new Promise((done) => setTimeout(done, other.delay));
  if (other.drop) return request.socket.destroy();
  if (other.endless) {
    response.writeHead(200, { "Content-Type": "application/json" });
    const more = setInterval(() => response.write(" ".repeat(65536)), 1);
    response.on("close", () => clearInterval(more));
    return undefined;
  }
  response.writeHead(other.status ?? 200, { "Content-Type": "application/json", ...other.headers });
  return response.end(other.body ?? "");
}).listen(given.port, "127.0.0.1", () => console.log("ready"));
