// What a swapped fragment owes its reader: busy while it is fetched, said aloud, and the focus where it belongs.

const SHOWN_FOR = 4000;
const live = document.getElementById("live");

function say(text, show) {
  if (!live || !text) return;
  // A page that asks every moment finds every moment that there is no connection: once is enough.
  if (show && [...live.querySelectorAll(".toast")].some((note) => note.textContent === text)) return;
  const note = document.createElement("p");
  note.className = show ? "toast" : "toast-unseen";
  note.textContent = text;
  live.append(note);
  // A toast only repeats what the page shows as well, so nobody loses anything when it goes.
  setTimeout(() => note.remove(), SHOWN_FOR);
}

document.addEventListener("ui:say", (event) => say(event.detail.text, event.detail.show));

// What a page asks for by itself has no event behind it. It must not keep the session of somebody who has left alive.
document.addEventListener("htmx:configRequest", (event) => {
  if (!event.detail.triggeringEvent) event.detail.headers["X-By-Itself"] = "true";
});

// What somebody waits for fades while it takes long; what a page asks for by itself stays as readable as it is.
document.addEventListener("htmx:beforeRequest", (event) => {
  if (event.detail.requestConfig.triggeringEvent) event.detail.target?.setAttribute("aria-busy", "true");
});
document.addEventListener("htmx:afterRequest", (event) => {
  event.detail.target?.removeAttribute("aria-busy");
});
// Progress that is swapped under somebody's hands: htmx keeps the focus where the same id comes back; where it does
// not, the fragment itself takes the focus, so that the next Tab goes on from here.
let wasInside = false;
document.addEventListener("htmx:beforeSwap", (event) => {
  wasInside = Boolean(event.detail.target?.contains(document.activeElement));
});
document.addEventListener("htmx:afterSettle", (event) => {
  const fragment = event.detail.elt;
  if (!fragment?.querySelectorAll) return;
  if (wasInside && document.activeElement === document.body) fragment.focus({ preventScroll: true });
  const parts = [fragment, ...fragment.querySelectorAll("[data-announce], [data-focus]")];
  for (const part of parts) {
    if (part.dataset?.announce) say(part.dataset.announce, false);
  }
  parts.find((part) => part.dataset && "focus" in part.dataset)?.focus();
});
document.addEventListener("htmx:sendError", () => say(live?.dataset.lost, true));
document.addEventListener("htmx:responseError", () => say(live?.dataset.failed, true));

// A whole page in answer to a request for a fragment means that the server sent the reader elsewhere: after a form
// that is done, or to the sign-in when the session is over. Go there instead of putting a page inside a page.
document.addEventListener("htmx:beforeSwap", (event) => {
  const answer = event.detail.xhr;
  if (answer.status >= 300 || !/^\s*<!doctype/i.test(answer.responseText.slice(0, 200))) return;
  event.detail.shouldSwap = false;
  location.assign(answer.responseURL);
});

// A page that failed its check shows where to begin.
document.querySelector("[data-focus]")?.focus();
