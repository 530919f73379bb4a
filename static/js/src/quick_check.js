// The quick check leaves nothing behind in the browser. Its pages are answers to what was posted, and a
// browser keeps what was posted, to ask for the page again. So each page that is left becomes the
// first one, empty, in the browser's history.
const { start } = document.querySelector("[data-start]").dataset;
const forget = () => history.replaceState(null, "", start);

document.addEventListener("submit", forget);

// Leaving puts the other site in this page's place. What waits to be carried over is cleared.
new MutationObserver(() => {
  if (!document.body.classList.contains("govuk-exit-this-page-hide-content")) return;
  const clear = document.querySelector("main [name=clear]");
  if (clear) {
    const body = new URLSearchParams([...new FormData(clear.form), [clear.name, clear.value]]);
    fetch(clear.form.action, { method: "POST", body, keepalive: true }).catch(() => {});
  }
  forget();
  location.replace(document.querySelector(".govuk-exit-this-page__button").href);
}).observe(document.body, { attributeFilter: ["class"] });

// A browser may keep a page that was left, as it was.
addEventListener("pagehide", () => document.querySelector("main").remove());
addEventListener("pageshow", (event) => event.persisted && location.replace(start));
