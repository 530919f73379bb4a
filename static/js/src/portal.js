// What JavaScript adds. Every page works without it.
import { ErrorSummary } from "govuk-frontend/dist/govuk/components/error-summary/error-summary.mjs";
import { ExitThisPage } from "govuk-frontend/dist/govuk/components/exit-this-page/exit-this-page.mjs";
import { SkipLink } from "govuk-frontend/dist/govuk/components/skip-link/skip-link.mjs";
import { createAll } from "govuk-frontend/dist/govuk/init.mjs";

// The components ask for these classes. They are set here, not inline, to keep the content security policy strict.
document.body.classList.add("js-enabled", "govuk-frontend-supported");

[ErrorSummary, ExitThisPage, SkipLink].forEach((component) => createAll(component));

// Printing gets a button too.
for (const hint of document.querySelectorAll("[data-print]")) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "govuk-button govuk-button--secondary";
  button.textContent = "Print this page";
  button.addEventListener("click", () => window.print());
  hint.replaceChildren(button);
}

// A text to copy gets a button that does it.
for (const text of document.querySelectorAll("[data-copy]")) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "govuk-button govuk-button--secondary";
  button.textContent = "Copy";
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(text.value);
    button.textContent = "Copied";
  });
  text.after(button);
}
