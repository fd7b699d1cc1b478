"""The portal in a browser: signing in by cookie, and what axe says."""

from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from django.conf import settings
from playwright.sync_api import Locator, Page

from tests.web.portal.visitors import session_of

# The ring may be drawn by the card, the row or the frame around a control.
_SEEN = """element => {
  const frame = element.closest(".choice, .stepper, tr:has(.primary-link), li:has(.primary-link)");
  const framed = [element, frame].filter(Boolean);
  const ring = framed.some((one) => getComputedStyle(one).outlineStyle !== "none");
  const box = element.getBoundingClientRect();
  const top = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
  return ring && top !== null && framed.some((one) => one.contains(top) || top.contains(one));
}"""

_BLANKS = """() => {
  const rules = (list) => [...list].flatMap((rule) => [rule.selectorText ?? "", ...rules(rule.cssRules ?? [])]);
  const meant = [...document.styleSheets].flatMap((sheet) => rules(sheet.cssRules)).join(",").split(",")
    .filter((selector) => selector.includes(":empty") && !selector.includes(":not(:empty)"))
    .map((selector) => selector.split(":empty")[0]);
  return [...document.querySelectorAll(meant.join(","))]
    .filter((element) => !element.childElementCount && element.textContent && !element.textContent.trim())
    .map((element) => `${element.outerHTML.slice(0, 120)} holds nothing but blanks`);
}"""


def enter(page: Page, web_url: str, username: str) -> None:
    """Give a browser the session of a person; the sign-in itself has its own tests."""
    page.context.clear_cookies()
    page.context.add_cookies(
        [{"name": settings.SESSION_COOKIE_NAME, "value": session_of(username), "url": web_url, "sameSite": "Lax"}]
    )


def findings(page: Page) -> list[str]:
    """Return what axe finds, one line each."""
    answer = Axe().run(page).response
    return [f"{one['id']}: {node['html'][:160]}" for one in answer["violations"] for node in one["nodes"]]


def blanks(page: Page) -> list[str]:
    """Return what a style of the page means to hide by `:empty` and does not, because blanks stand inside its tags."""
    found: list[str] = page.evaluate(_BLANKS)
    return found


def tab_to(page: Page, wanted: Locator) -> None:
    """Press Tab until an element has the focus, and see that it shows and that nothing lies over it."""
    for _ in range(70):
        if wanted.evaluate("element => element === document.activeElement"):
            assert wanted.evaluate(_SEEN), f"the focus on {wanted} cannot be seen"
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{wanted} cannot be reached by Tab")
