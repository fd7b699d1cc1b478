// Number fields with − and +, fields that copy, the choice of light or dark, and of a time zone. Every part works
// without this file. Listeners sit on the document, so that fragments brought in later need no set-up.

function step(input, by) {
  const before = input.value.trim();
  // Whatever else was typed stays as it is: the server says what is wrong with it.
  if (before !== "" && !/^[0-9]{1,9}$/.test(before)) return;
  const least = Number(input.dataset.least ?? 0);
  const most = Number(input.dataset.most ?? Infinity);
  const after = before === "" ? least : Math.min(Math.max(Number(before) + by, least), most);
  if (String(after) === before) return;
  input.value = after;
  input.dispatchEvent(new Event("input", { bubbles: true }));
  input.dispatchEvent(new Event("change", { bubbles: true }));
}

async function copy(button) {
  const field = button.closest("[data-copy]").querySelector("input, textarea");
  field.select();
  try {
    await navigator.clipboard.writeText(field.value);
  } catch {
    // Without a secure origin the clipboard is closed; the text stays selected for the keyboard.
    return;
  }
  document.dispatchEvent(new CustomEvent("ui:say", { detail: { text: button.dataset.done, show: true } }));
}

document.addEventListener("click", (event) => {
  const stepper = event.target.closest("[data-step]");
  if (stepper) step(stepper.closest("[data-stepper]").querySelector("input"), Number(stepper.dataset.step));
  const copier = event.target.closest("[data-copy-button]");
  if (copier) copy(copier);
  if (event.target.matches("[data-copy] input")) event.target.select();
  const dismissed = event.target.closest("[data-dismiss]");
  if (dismissed) {
    dismissed.closest(".message").remove();
    document.getElementById("main")?.focus({ preventScroll: true });
  }
});

// Arrow keys count as they do in a number field of the browser.
const ARROWS = { ArrowUp: 1, ArrowDown: -1 };
document.addEventListener("keydown", (event) => {
  if (!(event.key in ARROWS) || !event.target.matches?.("[data-stepper] input")) return;
  event.preventDefault();
  step(event.target, ARROWS[event.key]);
});

// "/" and Ctrl-K lead to the search over everything, wherever nobody is typing.
document.addEventListener("keydown", (event) => {
  const find = document.getElementById("find");
  const slash = event.key === "/" && !event.ctrlKey && !event.metaKey && !event.altKey;
  const control = event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey);
  if (!find || !(slash || control) || document.querySelector("dialog[open]")) return;
  if (slash && event.target.closest?.("input, textarea, select, [contenteditable]")) return;
  event.preventDefault();
  find.focus();
  find.select();
});

// A row opens as a whole, by its link; words that somebody selects in it stay selected.
const PRESSED = "a, button, input, label, select, summary, textarea, [popover]";

document.addEventListener("click", (event) => {
  const link = event.target.closest?.("tr, li")?.querySelector(".primary-link");
  if (!link || event.defaultPrevented || event.target.closest(PRESSED) || String(getSelection())) return;
  if (event.ctrlKey || event.metaKey) open(link.href, "_blank", "noopener");
  else link.click();
});

// A form that is on its way is not sent twice. The server knows better than any button; this spares people the doubt.
// After a while the button comes back by itself, for those who stopped the loading.
const GIVEN_UP_AFTER = 10000;

function rest(form) {
  delete form.dataset.sent;
  for (const button of document.querySelectorAll("[data-busy]")) {
    if (button.form !== form) continue;
    button.removeAttribute("data-busy");
    button.removeAttribute("aria-disabled");
  }
}

addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.method !== "post") return;
  if ("sent" in form.dataset) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "";
  event.submitter?.setAttribute("data-busy", "");
  event.submitter?.setAttribute("aria-disabled", "true");
  setTimeout(rest, GIVEN_UP_AFTER, form);
});

// Back may show the page as it was left.
addEventListener("pageshow", () => document.querySelectorAll("form[data-sent]").forEach(rest));

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches("[data-theme-switch]") || event.submitter?.name !== "theme") return;
  event.preventDefault();
  const choice = event.submitter.value;
  const data = new FormData(form, event.submitter);
  fetch(form.action, { method: "POST", body: data, redirect: "manual", keepalive: true });
  document.documentElement.dataset.theme = choice;
  for (const button of document.querySelectorAll("[data-theme-switch] button[name=theme]")) {
    button.setAttribute("aria-pressed", String(button.value === choice));
  }
});

// Where no time zone is chosen, the device's own is proposed; whoever takes it still saves the form.
const choice = document.querySelector("select[data-time-zone]");
const device = Intl.DateTimeFormat().resolvedOptions().timeZone;
const proposed = choice && !choice.value && [...choice.options].find((option) => option.value === device);
const proposal = document.querySelector("[data-zone-proposal]");
if (proposed && proposal) {
  proposal.querySelector("strong").textContent = device.split("/").pop().replaceAll("_", " ");
  proposal.hidden = false;
  proposal.querySelector("button").addEventListener("click", () => {
    choice.value = device;
    choice.focus();
    proposal.hidden = true;
  });
}

// On a narrow screen the tab one is on may lie outside what its row shows.
const tab = document.querySelector(".tabs [aria-current]");
if (tab) tab.closest(".tabs").scrollLeft = tab.offsetLeft + tab.offsetWidth - tab.closest(".tabs").clientWidth;

// A table that fits its place needs no frame that scrolls, and only outside of one can its head stay in sight.
const widths = new ResizeObserver((entries) => entries.forEach(({ target }) => frame(target.closest(".table-scroll"))));

function frame(region) {
  region.classList.remove("table-fits");
  const fits = region.scrollWidth <= region.clientWidth;
  region.classList.toggle("table-fits", fits);
  // What does not scroll is nothing to stop at on the way by Tab.
  if (fits) region.removeAttribute("tabindex");
  else region.tabIndex = 0;
}

function watchTables(part) {
  for (const region of part.querySelectorAll(".table-scroll")) {
    widths.observe(region);
    widths.observe(region.firstElementChild);
  }
}

watchTables(document);
document.addEventListener("htmx:load", (event) => watchTables(event.detail.elt));

// A page may have been open for long before it is printed.
addEventListener("beforeprint", () => {
  const printed = document.querySelector("[data-printed]");
  if (!printed) return;
  const style = { dateStyle: "full", timeStyle: "long", timeZone: printed.dataset.printed };
  printed.textContent = new Intl.DateTimeFormat(document.documentElement.lang, style).format();
});
