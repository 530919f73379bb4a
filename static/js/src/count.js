// Counts what is typed into a long field. By itself, so that pages without one need not load it.
import { CharacterCount } from "govuk-frontend/dist/govuk/components/character-count/character-count.mjs";
import { createAll } from "govuk-frontend/dist/govuk/init.mjs";

// As in portal.js, which may run later.
document.body.classList.add("js-enabled", "govuk-frontend-supported");
createAll(CharacterCount);
