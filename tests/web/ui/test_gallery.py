"""The gallery and the choice of light or dark, as a browser gets them."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from django.test import Client
from playwright.sync_api import Page, expect
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from tenantry.web.ui.gallery import samples

FRAMES = ("portal", "backoffice", "sign-in")


@pytest.fixture(autouse=True)
def _sessions(db: None) -> None:
    """Pages look for a session."""


@pytest.mark.parametrize(
    "address", ["/ui/", *(f"/ui/frame/{name}" for name in FRAMES), "/ui/preview", "/ui/brand/red.css"]
)
def test_the_gallery_is_there_in_rehearsal_and_debugging_only(client: Client, settings: Settings, address: str) -> None:
    settings.REHEARSAL = True
    assert client.get(address).status_code == 200
    settings.REHEARSAL = False
    assert client.get(address).status_code == 404
    settings.DEBUG = True
    assert client.get(address).status_code == 200


@pytest.mark.parametrize("address", ["/ui/frame/nothing", "/ui/brand/nothing.css"])
def test_what_the_gallery_does_not_have_is_missing(client: Client, address: str) -> None:
    assert client.get(address).status_code == 404


def test_ids_are_given_once(client: Client) -> None:
    page = client.get("/ui/").content.decode()
    ids = re.findall(r'\sid="([^"]+)"', page)
    assert sorted({one for one in ids if ids.count(one) > 1}) == []
    for name in ("for", "aria-labelledby", "popovertarget", "aria-controls"):
        assert set(re.findall(rf'\s{name}="([^"]+)"', page)) <= set(ids), name


def test_a_theme_is_kept_in_the_browser_and_leads_back(client: Client) -> None:
    answer = client.post("/ui/theme", {"theme": "dark", "next": "/ui/?brand=red"})
    assert (answer.status_code, answer.headers["Location"]) == (302, "/ui/?brand=red")
    cookie = answer.cookies["theme"]
    assert (cookie.value, cookie["httponly"], cookie["samesite"], cookie["max-age"]) == ("dark", True, "Lax", 31536000)
    assert 'data-theme="dark" data-density="airy"' in client.get("/ui/").content.decode()
    assert 'data-theme="dark" data-density="dense"' in client.get("/ui/frame/backoffice").content.decode()


@pytest.mark.parametrize(
    ("theme", "back", "leads_to"),
    [
        ("pink", "/ui/", "/ui/"),
        ("", "https://elsewhere.example/", "/"),
        ("", "//elsewhere.example/", "/"),
        ("", "", "/"),
    ],
)
def test_an_unknown_theme_changes_nothing_and_nobody_is_led_away(
    client: Client, theme: str, back: str, leads_to: str
) -> None:
    answer = client.post("/ui/theme", {"theme": theme, "next": back})
    assert answer.headers["Location"] == leads_to
    assert "theme" not in answer.cookies
    assert client.get("/ui/theme").status_code == 405


def _findings(page: Page) -> list[str]:
    answer = Axe().run(page).response
    return [f"{one['id']}: {node['html'][:120]}" for one in answer["violations"] for node in one["nodes"]]


@pytest.mark.browser
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("brand", list(samples.BRANDS))
def test_axe_finds_nothing_on_the_gallery(web: LiveServer, page: Page, brand: str, theme: str) -> None:
    density = "dense" if brand == "black" else "airy"
    page.goto(f"{web.url}/ui/?brand={brand}&theme={theme}&density={density}")
    assert _findings(page) == []


@pytest.mark.browser
@pytest.mark.parametrize("name", FRAMES)
def test_axe_finds_nothing_on_the_frames_on_a_phone(web: LiveServer, page: Page, name: str) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{web.url}/ui/frame/{name}?theme=dark")
    assert _findings(page) == []


@pytest.mark.browser
@pytest.mark.parametrize("address", ["/ui/", *(f"/ui/frame/{name}" for name in FRAMES)])
def test_no_page_scrolls_sideways(web: LiveServer, page: Page, address: str) -> None:
    page.goto(web.url + address)
    for width in (320, 820, 1440):
        page.set_viewport_size({"width": width, "height": 640})
        assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.browser
def test_what_one_can_do_stays_in_sight_and_nothing_said_takes_no_room(web: LiveServer, page: Page) -> None:
    page.set_viewport_size({"width": 660, "height": 640})
    page.goto(f"{web.url}/ui/")
    table = page.locator(".table-scroll").first
    assert table.evaluate("one => one.scrollWidth > one.clientWidth")
    within, action = table.bounding_box(), table.get_by_role("link", name="Change").first.bounding_box()
    assert within and action and action["x"] + action["width"] <= within["x"] + within["width"]
    page.goto(f"{web.url}/ui/frame/sign-in")
    assert page.locator("#messages").evaluate("one => getComputedStyle(one).display") == "none"


@pytest.mark.browser
def test_a_card_leaves_out_what_a_row_does_not_have(web: LiveServer, page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 640})
    page.goto(f"{web.url}/ui/")
    blank = page.locator(".table-cards tbody td:not(:has(*), [data-label])")
    assert blank.count()
    assert set(blank.evaluate_all("all => all.map((one) => getComputedStyle(one).display)")) == {"none"}


@pytest.mark.browser
def test_controls_do_what_they_say(web: LiveServer, page: Page) -> None:
    page.goto(f"{web.url}/ui/")

    seats = page.locator("#id_seats")
    page.evaluate("document.addEventListener('change', (e) => { window.changed = e.target.id; })")
    page.locator('[aria-controls="id_seats"]').last.click()
    expect(seats).to_have_value("13")
    assert page.evaluate("window.changed") == "id_seats"
    seats.fill("1")
    page.locator('[aria-controls="id_seats"]').first.click()
    expect(seats).to_have_value("1")  # the least that is allowed

    page.get_by_role("button", name="Actions for Fabrikam").click()
    expect(page.get_by_role("button", name="Remove the company")).to_be_visible()
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("link", name="Look at the portal")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Remove the company")).to_be_hidden()
    expect(page.get_by_role("button", name="Actions for Fabrikam")).to_be_focused()

    opener = page.get_by_role("link", name="Cancel the subscription")
    opener.click()
    dialog = page.get_by_role("dialog", name="Cancel Visio Plan 2?")
    expect(dialog).to_be_visible()
    expect(dialog.get_by_role("button", name="Keep it")).to_be_focused()
    dialog.get_by_role("button", name="Keep it").click()
    expect(dialog).to_be_hidden()
    expect(opener).to_be_focused()

    page.get_by_role("button", name="Close this message").click()
    expect(page.get_by_text("3 seats were added. You now have 15.")).to_be_hidden()

    with page.expect_response("**/ui/theme"):
        page.get_by_role("button", name="Dark").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")


@pytest.mark.browser
def test_a_preview_follows_the_number_and_is_read_aloud(web: LiveServer, page: Page) -> None:
    page.goto(f"{web.url}/ui/")
    page.locator('[aria-controls="id_plan-seats"]').last.click()
    fragment = page.locator("#g-consequences")
    expect(fragment.get_by_text("13 seats")).to_be_visible()
    expect(page.locator("#live")).to_have_text("13 seats instead of 12")
    expect(fragment).not_to_have_attribute("aria-busy", "true")
    expect(page.locator("#id_plan-seats")).to_have_value("13")


@pytest.mark.browser
def test_a_whole_page_in_answer_to_a_fragment_is_opened(web: LiveServer, page: Page) -> None:
    page.goto(f"{web.url}/ui/")
    page.route("**/ui/preview**", lambda route: route.continue_(url=f"{web.url}/ui/frame/sign-in"))
    page.locator("#id_plan-seats").fill("20")
    expect(page.get_by_role("heading", level=1)).to_have_text("Your Microsoft subscriptions")
    expect(page.locator("#g-consequences")).to_have_count(0)


@pytest.mark.browser
def test_a_form_is_sent_once_and_says_that_it_is_on_its_way(web: LiveServer, page: Page) -> None:
    page.goto(f"{web.url}/ui/frame/portal")
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)
    page.route("**/ui/frame/portal", lambda route: route.fulfill(status=204))  # the page stays
    day, week = page.get_by_role("button", name="+1 day"), page.get_by_role("button", name="+1 week")
    day.click()
    expect(day).to_have_attribute("aria-disabled", "true")
    day.click(force=True)
    week.click()
    expect(week).not_to_have_attribute("aria-disabled", "true")
    assert len(sent) == 1
    page.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))")  # as after Back
    expect(day).not_to_have_attribute("aria-disabled", "true")
    week.click()
    expect(week).to_have_attribute("aria-disabled", "true")
    assert len(sent) == 2


@pytest.mark.browser
def test_without_scripts_a_dialog_is_a_page_and_the_theme_a_form(web: LiveServer, page: Page) -> None:
    browser = page.context.browser
    assert browser is not None
    context = browser.new_context(java_script_enabled=False)
    plain = context.new_page()
    plain.goto(f"{web.url}/ui/")
    plain.get_by_role("link", name="Cancel the subscription").click()
    assert plain.url.endswith("#page-that-asks")
    expect(plain.locator('[aria-controls="id_seats"]').first).to_be_hidden()
    plain.get_by_role("button", name="What does “Extended term” mean?").first.click()
    expect(plain.get_by_text("month by month at a higher price").first).to_be_visible()
    plain.get_by_role("button", name="Dark").click()
    expect(plain.locator("html")).to_have_attribute("data-theme", "dark")
    context.close()
