// The signs page: what is chosen shows at once. Without this it shows when the page is saved, and
// a sign near another is a link to its checkbox.
const page = document.getElementById("id_codes");
const boxes = [...page.querySelectorAll("input[name=codes]")];
const chosen = document.getElementById("chosen");
const counts = document.querySelectorAll("[data-count]");
const wording = (box) => box.labels[0].textContent.trim();
const target = (link) => document.getElementById(link.hash.slice(1));

function make(tag, attributes, ...content) {
  const made = document.createElement(tag);
  Object.entries(attributes).forEach(([name, value]) => made.setAttribute(name, value));
  made.append(...content);
  return made;
}

// The running list, and how many are chosen in each domain.
function tell() {
  const ticked = boxes.filter((box) => box.checked);
  const link = (box) => make("a", { href: `#${box.id}` }, wording(box));
  chosen.querySelector("ul").replaceChildren(...ticked.map((box) => make("li", {}, link(box))));
  chosen.hidden = !ticked.length;
  for (const count of counts) {
    const here = ticked.filter((box) => box.dataset.domain === count.dataset.count).length;
    count.textContent = here ? `${here} chosen` : "";
  }
}

// A sign near a chosen one can be chosen where it is named. Its own checkbox follows, and is the
// one that is saved: the second has no name.
function second(link, own, place) {
  const id = `near-${place}-${own.value}`;
  const box = make("input", { class: "govuk-checkboxes__input", type: "checkbox", id });
  const label = make("label", { class: "govuk-label govuk-checkboxes__label", for: id });
  label.textContent = link.textContent;
  box.checked = own.checked;
  box.dataset.second = own.id;
  link.replaceWith(make("div", { class: "govuk-checkboxes__item" }, box, label));
}

function offer(box) {
  const near = box.closest(".sign").querySelectorAll(".further a");
  near.forEach((link) => second(link, target(link), box.value));
  const details = box.closest(".suggestion")?.querySelector("details");
  if (details && !details.contains(box)) details.open = true;
}

page.addEventListener("change", (event) => {
  const own = document.getElementById(event.target.dataset.second) ?? event.target;
  if (own.name !== "codes") return;
  own.checked = event.target.checked;
  for (const other of document.querySelectorAll(`[data-second="${own.id}"]`)) other.checked = own.checked;
  if (own.checked) offer(own);
  tell();
});

// A link to a sign opens what it is folded in.
page.addEventListener("click", (event) => {
  const link = event.target.closest('a[href^="#sign-"]');
  const box = link && target(link);
  if (!box) return;
  for (let part = box.closest("details"); part; part = part.parentElement.closest("details")) part.open = true;
  box.focus();
});

// A browser may have put back what was ticked before the page was loaded again.
boxes.filter((box) => box.checked).forEach(offer);
tell();
