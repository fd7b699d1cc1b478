"""Where the system forces its colours, a drawing and its key agree."""

import pytest
from playwright.sync_api import Page
from pytest_django.live_server_helper import LiveServer

from tenantry.people.models import Company
from tests.browser.portal import enter
from tests.support.house import House
from tests.web.portal.visitors import ANNA, PREMIUM, at, of

pytestmark = pytest.mark.browser

# The colours in a drawing and in its key that are neither the system's paper nor its ink.
_OTHERS = """() => {
  const probe = document.body.appendChild(document.createElement("p"));
  const known = ["Canvas", "CanvasText"].map((name) => {
    probe.style.setProperty("color", name);
    return getComputedStyle(probe).color;
  });
  const others = (element, names) => names.flatMap((name) =>
    (getComputedStyle(element)[name].match(/rgba?\\([^)]*\\)|oklab\\([^)]*\\)/g) ?? [])
      .filter((colour) => !known.includes(colour) && colour !== "rgba(0, 0, 0, 0)")
      .map((colour) => `${element.outerHTML.slice(0, 60)} ${name}: ${colour}`));
  return [
    ...[...document.querySelectorAll(".drawing svg *")].flatMap((one) => others(one, ["fill", "stroke"])),
    ...[...document.querySelectorAll(".legend-sign")].flatMap((one) =>
      others(one, ["backgroundColor", "backgroundImage", ...(one.clientTop ? ["borderTopColor"] : [])])),
  ];
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_drawing_and_its_key_have_the_colours_of_the_system(
    house: House, harbour: Company, web: LiveServer, page: Page, scheme: str
) -> None:
    enter(page, web.url, ANNA)
    for path in (at(harbour), of(house.subscription(harbour, PREMIUM))):
        page.goto(web.url + path)
        assert page.evaluate(_OTHERS) != []  # the partner's own, as long as nothing forces others
        page.emulate_media(forced_colors="active", color_scheme="dark" if scheme == "dark" else "light")
        assert page.locator(".legend-sign").count() > 0
        assert page.evaluate(_OTHERS) == []
        page.emulate_media(forced_colors="none")
