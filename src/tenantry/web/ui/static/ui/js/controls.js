// Number fields with − and +, fields that copy, and the choice of light or dark. Every part works without this file.
// Listeners sit on the document, so that fragments brought in later need no set-up.

function step(button) {
  const input = button.closest("[data-stepper]").querySelector("input");
  const before = input.value;
  if (input.value === "") input.value = input.min || "0";
  else if (button.dataset.step > 0) input.stepUp();
  else input.stepDown();
  if (input.value === before) return;
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
  if (stepper) step(stepper);
  const copier = event.target.closest("[data-copy-button]");
  if (copier) copy(copier);
  if (event.target.matches("[data-copy] input")) event.target.select();
  const dismissed = event.target.closest("[data-dismiss]");
  if (dismissed) {
    dismissed.closest(".message").remove();
    document.getElementById("main")?.focus({ preventScroll: true });
  }
});

// Arrow keys change a plain number field too; a wheel over it must not.
document.addEventListener("wheel", (event) => {
  if (event.target.matches?.("input[type=number]:focus")) event.target.blur();
}, { passive: true });

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

// On a narrow screen the tab one is on may lie outside what its row shows.
const tab = document.querySelector(".tabs [aria-current]");
if (tab) tab.closest(".tabs").scrollLeft = tab.offsetLeft + tab.offsetWidth - tab.closest(".tabs").clientWidth;
