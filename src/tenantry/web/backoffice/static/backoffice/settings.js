// The colour picker beside the field of the accent, and addresses from when all settings were one page.

const isColour = (text) => /^#[0-9a-f]{6}$/i.test(text);

document.addEventListener("input", ({ target }) => {
  const picker = document.querySelector("[data-colour-of]");
  const field = picker && document.getElementById(picker.dataset.colourOf);
  if (!field) return;
  if (target === picker) {
    field.value = picker.value;
    field.dispatchEvent(new Event("input", { bubbles: true }));
  } else if (target === field && isColour(field.value.trim())) {
    picker.value = field.value.trim().toLowerCase();
  }
});

// "settings/#limits": the entry of the list bears the old name of the section.
const entry = location.hash && document.querySelector(`.page-list a[id="${CSS.escape(location.hash.slice(1))}"]`);
if (entry && !entry.hasAttribute("aria-current")) location.replace(entry.href);
