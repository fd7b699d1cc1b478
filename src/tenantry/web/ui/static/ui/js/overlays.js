// Dialogs and menus. A link with data-dialog leads to a page that asks the same question when this file does not run.

function open(dialog) {
  if (!dialog.open) dialog.showModal();
  // The first thing to read or to fill in, not the button that closes.
  const first = "[autofocus], .dialog-body input:not([type=hidden]), .dialog-body button, .dialog-body a";
  dialog.querySelector(first)?.focus();
}

document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-dialog]");
  if (opener && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
    const dialog = document.getElementById(opener.dataset.dialog);
    if (dialog) {
      event.preventDefault();
      open(dialog);
    }
  }
  const dialog = event.target.closest("dialog");
  if (!dialog) return;
  if (event.target.closest("[data-dialog-close]")) {
    event.preventDefault();
    dialog.close();
  }
  // A click beside the dialog lands on the element itself.
  if (event.target === dialog) {
    const box = dialog.getBoundingClientRect();
    const across = event.clientX >= box.left && event.clientX <= box.right;
    const down = event.clientY >= box.top && event.clientY <= box.bottom;
    if (!across || !down) dialog.close();
  }
});

// Arrow keys walk through an open menu, beside Tab.
document.addEventListener("keydown", (event) => {
  if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
  const menu = event.target.closest(".menu:popover-open") ??
    (event.target.matches?.(".menu-opener, .person, .company") ? document.querySelector(".menu:popover-open") : null);
  if (!menu) return;
  const entries = [...menu.querySelectorAll("a, button")];
  if (!entries.length) return;
  event.preventDefault();
  const here = entries.indexOf(document.activeElement);
  const next = event.key === "ArrowDown" ? here + 1 : here < 0 ? entries.length - 1 : here - 1;
  entries.at(next % entries.length).focus();
});

// A fragment may bring a dialog that wants to be open.
document.addEventListener("htmx:afterSettle", () => {
  for (const dialog of document.querySelectorAll("dialog[data-open]:not([open])")) {
    dialog.removeAttribute("data-open");
    open(dialog);
  }
});
for (const dialog of document.querySelectorAll("dialog[data-open]")) {
  dialog.removeAttribute("data-open");
  open(dialog);
}
