// Takes an invitation: its secret is behind the # of the address, and is sent nowhere but in the body of one request.

const KEPT = "korpu-invitation";
const ACCEPT = "mutation ($token: String!) { acceptInvitation(token: $token) { accepted problems { code } } }";
const byId = (id) => document.getElementById(id);

/** The secret: of the address, or kept in this tab alone while its owner signed in. */
function secret() {
  const kept = sessionStorage.getItem(KEPT);
  sessionStorage.removeItem(KEPT);
  if (location.hash.length < 2 && kept) history.replaceState(null, "", `#${kept}`);
  return location.hash.slice(1);
}

function say(name) {
  for (const line of document.querySelectorAll("[data-say]")) line.hidden = line.dataset.say !== name;
  byId("said").focus();
}

function show(session) {
  byId("out").hidden = session.signedIn;
  byId("in").hidden = !session.signedIn;
  byId("who").textContent = session.name ?? "";
}

async function look() {
  const answer = await fetch("/auth/session", { cache: "no-store" });
  if (!answer.ok) throw new Error(`${answer.status}`);
  show(await answer.json());
}

async function take(token) {
  const answer = await fetch("/graphql", {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-Requested-With": "korpu" },
    body: JSON.stringify({ query: ACCEPT, variables: { token } }),
  });
  if (answer.status === 401) {
    await look();
    return "ended";
  }
  const found = (await answer.json()).data?.acceptInvitation;
  if (found?.accepted) {
    history.replaceState(null, "", location.pathname);
    byId("in").hidden = true;
    return "taken";
  }
  return { NOT_FOUND: "gone", CONFLICT: "another" }[found?.problems[0]?.code] ?? "failed";
}

const token = secret();
if (token) {
  for (const link of document.querySelectorAll("#out a")) {
    link.addEventListener("click", () => sessionStorage.setItem(KEPT, token));
  }
  byId("take").addEventListener("click", async () => {
    byId("take").disabled = true;
    say(await take(token).catch(() => "failed"));
    byId("take").disabled = false;
  });
  look().catch(() => say("failed"));
} else {
  say("missing");
}
