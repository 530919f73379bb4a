// Warns before somebody is signed out for doing nothing, and loses nothing that they typed.
// The server ends the session by itself (accounts/middleware.py): this is for the person at the screen.
const dialog = document.querySelector("[data-session]");
const { stay, leave, signIn, person } = dialog.dataset;
const warning = dialog.dataset.warning * 1000;
const token = dialog.querySelector("[name=csrfmiddlewaretoken]");
const main = document.querySelector("main");
const title = document.title;
const SHARED = "session-ends";

let ends = Date.now() + dialog.dataset.seconds * 1000;
let extended = Date.now();
let typing = false;
let over = false;

// What has been typed and not saved: in a form that takes long texts, or a step of a conversation.
const forms = [...main.querySelectorAll("form[method=post]")].filter((form) =>
  form.querySelector("textarea, [name=leave]"),
);
const content = (form) => new URLSearchParams(new FormData(form)).toString();
const before = new Map(forms.map((form) => [form, content(form)]));
// The answer to what was sent: it was not taken, or the next page would stand here. And what was
// given back in words alone can only be copied from this page.
let refused = "sent" in dialog.dataset;
const givenBack = Boolean(main.querySelector("[data-given-back]"));
const unsaved = () => forms.find((form) => refused || content(form) !== before.get(form));

const post = (address, fields = new FormData()) => {
  fields.set(token.name, token.value);
  return fetch(address, { method: "POST", body: new URLSearchParams(fields) });
};

// All tabs share one session, so they share when it ends. No more than that is written down.
function share() {
  try {
    localStorage.setItem(SHARED, ends);
  } catch {
    // A browser may refuse. Then each tab counts for itself.
  }
}

addEventListener("storage", (event) => {
  if (event.key === SHARED && !over) {
    ends = Number(event.newValue);
    tick();
  }
});

async function extend() {
  extended = Date.now();
  try {
    const response = await post(stay);
    ends = Date.now() + (await response.json()).seconds * 1000;
    share();
  } catch {
    // No network, or the session is another one by now: the clock goes on.
  }
  typing = false;
  tick();
}

function show(name) {
  for (const part of dialog.querySelectorAll("[data-part]")) part.hidden = part.dataset.part !== name;
  const part = dialog.querySelector(`[data-part=${name}]`);
  dialog.setAttribute("aria-label", part.querySelector("h2").textContent);
  if (!dialog.open) dialog.showModal();
  part.querySelector("a[target], button").focus();
}

function tick() {
  if (over) return;
  const left = ends - Date.now();
  if (left < Math.min(5_000, warning / 2)) finish();
  else if (left <= warning) {
    warn(left);
    // A hidden tab is woken once a minute only: it may have no later chance.
    if (document.hidden && left < 65_000) save().catch(() => {});
  } else {
    if (dialog.open) dialog.close();
    document.title = title;
    if (typing && Date.now() - extended > warning) extend();
  }
}

// The words change seldom, because each change is read out.
function warn(left) {
  const minutes = Math.ceil(left / 60_000);
  const time = left < 45_000 ? "in less than a minute" : minutes > 1 ? `in ${minutes} minutes` : "in 1 minute";
  const words = dialog.querySelector("[data-left]");
  if (words.textContent !== time) words.textContent = time;
  document.title = `You will soon be signed out – ${title}`;
  if (!dialog.open) show("warning");
}

// A step is saved as "Save and come back later" saves it. Returns whether nothing typed is left.
async function save() {
  const form = unsaved();
  if (!form) return !givenBack;
  const button = form.querySelector("[name=leave]");
  if (!button) return false;
  const fields = new FormData(form);
  fields.set(button.name, button.value);
  const sent = content(form);
  const response = await post(form.action, fields);
  if (!response.redirected || response.url.includes(signIn)) return false;
  refused = false;
  before.set(form, sent);
  await renewVersion(form, sent).catch(() => {});
  return true;
}

// The page is by now one of the answer that was just saved: saving more of it is no second answer.
async function renewVersion(form, sent) {
  const version = form.querySelector("[name=version]");
  if (!version) return;
  const response = await fetch(location.href);
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  version.value = page.querySelector("[name=version]").value;
  const saved = new URLSearchParams(sent);
  saved.set(version.name, version.value);
  before.set(form, saved.toString());
}

async function finish() {
  if (over) return;
  over = true;
  const saved = await save().catch(() => false);
  await post(leave).catch(() => {});
  ends = 0;
  share();
  if (saved) location.replace(`${signIn}?next=${encodeURIComponent(location.pathname + location.search)}`);
  else hold();
}

// What could not be saved stays in the page, out of sight, until the same person has signed in again.
function hold() {
  main.hidden = true;
  document.title = "You are signed out – Threshold guidance portal";
  show("held");
}

async function goOn() {
  const response = await fetch(location.href);
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  const session = page.querySelector("[data-session]");
  if (!session || session.dataset.person !== person) return show("still-out");
  for (const field of document.querySelectorAll(`[name=${token.name}]`)) {
    field.value = session.querySelector(`[name=${token.name}]`).value;
  }
  ends = Date.now() + session.dataset.seconds * 1000;
  over = false;
  dialog.close();
  main.hidden = false;
  share();
  tick();
}

dialog.addEventListener("cancel", (event) => {
  event.preventDefault();
  if (!over) extend();
});
dialog.addEventListener("close", () => over && dialog.showModal());
dialog.querySelector("[data-stay]").addEventListener("click", extend);
dialog.querySelector("[data-leave]").addEventListener("click", finish);
// "Back" takes along what was typed in a step. What cannot be saved is sent, so that the page says why.
document.querySelector(".govuk-back-link")?.addEventListener("click", async (event) => {
  const button = unsaved()?.querySelector("[name=leave]");
  if (!button || event.metaKey || event.ctrlKey || event.shiftKey) return;
  event.preventDefault();
  const address = event.currentTarget.href;
  if (await save().catch(() => false)) location.assign(address);
  else button.click();
});
// Whoever signs out in one tab is out in all of them, and no other tab shows what stands in it.
const out = document.querySelector(`form[action="${leave}"]`);
out?.addEventListener("submit", async (event) => {
  event.preventDefault();
  over = true;
  await save().catch(() => false);
  ends = 0;
  share();
  out.submit();
});
for (const button of dialog.querySelectorAll("[data-go-on]")) button.addEventListener("click", goOn);
main.addEventListener("input", () => {
  typing = true;
  tick();
});
document.addEventListener("visibilitychange", tick);
share();
setInterval(tick, 1000);
