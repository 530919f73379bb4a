// Passkeys. A form with data-passkey makes one ("create") or uses one ("get"): the browser's answer
// goes into its field `credential`, and the form is sent. Without JavaScript the forms stay hidden.
const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (letter) => letter.charCodeAt(0));
const text = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

// The server writes bytes as text. The browser wants them as bytes.
function decoded({ publicKey }) {
  const options = { ...publicKey, challenge: bytes(publicKey.challenge) };
  if (options.user) options.user = { ...options.user, id: bytes(options.user.id) };
  for (const list of ["allowCredentials", "excludeCredentials"]) {
    if (options[list]) options[list] = options[list].map((one) => ({ ...one, id: bytes(one.id) }));
  }
  return { publicKey: options };
}

function encoded(credential) {
  const { id, rawId, type, response, authenticatorAttachment } = credential;
  const parts = { clientDataJSON: text(response.clientDataJSON) };
  for (const part of ["attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (response[part]) parts[part] = text(response[part]);
  }
  if (response.getTransports) parts.transports = response.getTransports();
  const clientExtensionResults = credential.getClientExtensionResults();
  return { id, rawId: text(rawId), type, authenticatorAttachment, clientExtensionResults, response: parts };
}

async function optionsOf(form) {
  if (form.dataset.options) return JSON.parse(form.dataset.options);
  const response = await fetch(form.dataset.optionsFrom, { headers: { Accept: "application/json" } });
  return (await response.json()).request_options;
}

async function send(form) {
  const wrong = form.querySelector("[data-passkey-error]");
  wrong.hidden = true;
  try {
    const credential = await navigator.credentials[form.dataset.passkey](decoded(await optionsOf(form)));
    form.elements.credential.value = JSON.stringify(encoded(credential));
    form.submit();
  } catch (error) {
    wrong.textContent =
      error.name === "InvalidStateError"
        ? "This device has a passkey for your account already."
        : "That did not work. Try again, or choose another way.";
    wrong.hidden = false;
  }
}

// A passkey belongs to a named site: a bare network address such as 127.0.0.1 can have none.
if (window.PublicKeyCredential && !/^[\d.]+$|:/.test(location.hostname)) {
  document.querySelectorAll("[data-without-passkeys]").forEach((part) => part.remove());
  for (const form of document.querySelectorAll("[data-passkey]")) {
    form.hidden = false;
    form.querySelector("button").addEventListener("click", () => send(form));
  }
}
