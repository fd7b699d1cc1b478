"""The person's time zone, else the company's, else the installation's; evidence is in UTC for everybody."""

from tenantry.audit.models import AuditRow
from tenantry.people.models import Company, Person
from tests.support.house import House
from tests.web.portal.visitors import ANNA, BEN, CHLOE, DANA, PREMIUM, at, of, signed_in, text

RETURN = "change/?seats=45&when=now"


def _live_in(zone: str, username: str) -> None:
    Person.objects.filter(username=username).update(time_zone=zone)


def test_each_reads_a_deadline_in_their_own_time_zone(house: House, harbour: Company) -> None:
    view = house.subscription(harbour, PREMIUM)
    Company.objects.filter(id=harbour.id).update(time_zone="Europe/Berlin")
    _live_in("America/New_York", ANNA)
    _live_in("Pacific/Kiritimati", DANA)

    companys = text(signed_in(BEN), of(view, RETURN))
    assert "You can return the added 3 seats until Sun 29 Nov, 10:30 (Berlin time)." in companys
    assert "until Wed 16 Dec. At the end On Wed 16 Dec it renews" in companys  # 15 Dec, 23:59:59 UTC
    own = text(signed_in(ANNA), of(view, RETURN))
    assert "until Sun 29 Nov, 04:30 (New York time)." in own and "On Tue 15 Dec it renews" in own
    staffs = text(signed_in(DANA), of(view, RETURN))
    assert "until Sun 29 Nov, 23:30 (Kiritimati time)." in staffs and "On Wed 16 Dec it renews" in staffs


def test_a_day_and_the_button_beside_it_agree(house: House, harbour: Company) -> None:
    view = house.subscription(harbour, PREMIUM)
    for zone, day in (("Europe/Berlin", "Wed 16 Dec"), ("America/New_York", "Tue 15 Dec")):
        _live_in(zone, ANNA)
        page = text(signed_in(ANNA), of(view))
        assert f"On {day} it renews with 42 seats." in page and f"At the renewal on {day}" in page
        asked = text(signed_in(ANNA), of(view, "end-of-term/?choice=end"))
        assert f"End on {day}" in asked and f"On {day} it ends" in asked


def test_a_file_is_the_same_for_every_reader(house: House, harbour: Company) -> None:
    files = [at(harbour, "activity/export.csv"), at(harbour, "subscriptions/export.csv")]
    before = [signed_in(ANNA).get(file).content for file in files]
    _live_in("Pacific/Kiritimati", ANNA)
    assert [signed_in(ANNA).get(file).content for file in files] == before


def test_a_person_chooses_a_time_zone(harbour: Company) -> None:
    Company.objects.filter(id=harbour.id).update(time_zone="Europe/Berlin")
    anna = signed_in(ANNA)
    assert "As your company: Berlin time" in text(anna, "/preferences/")
    chosen = {"display_name": "", "theme": "system", "time_zone": "Asia/Kolkata"}
    assert anna.post("/preferences/", chosen).status_code == 302
    assert "(Kolkata time)" in text(anna, at(harbour, "subscriptions/"))
    row = AuditRow.objects.get(verb="preferences.changed")
    assert row.before is not None and row.after is not None
    assert (row.before["time_zone"], row.after["time_zone"]) == ("", "Asia/Kolkata")
    odd = anna.post("/preferences/", chosen | {"time_zone": "Mars/Olympus"})
    assert "Mars/Olympus is no time zone that is known here. Choose one of the list." in odd.content.decode()
    assert Person.objects.get(username=ANNA).time_zone == "Asia/Kolkata"


def test_an_admin_or_the_partner_chooses_the_companys(harbour: Company) -> None:
    anna, dana = signed_in(ANNA), signed_in(DANA)
    office = f"/office/c/{harbour.id}/"
    assert "As this portal: UTC" in text(anna, at(harbour, "people/"))
    assert anna.post(at(harbour, "time-zone/"), {"time_zone": "Europe/Berlin"}).status_code == 302
    assert "(Berlin time)" in text(signed_in(BEN), at(harbour, "subscriptions/"))
    assert dana.post(f"{office}time-zone/", {"time_zone": "Asia/Kolkata"}).status_code == 302
    assert "(Kolkata time)" in text(signed_in(BEN), at(harbour, "subscriptions/"))
    rows = AuditRow.objects.filter(verb="company.time_zone_set").order_by("id")
    assert [(row.actor_kind, row.before, row.after) for row in rows] == [
        ("end_user", {"time_zone": ""}, {"time_zone": "Europe/Berlin"}),
        ("staff", {"time_zone": "Europe/Berlin"}, {"time_zone": "Asia/Kolkata"}),
    ]
    for client, address in ((anna, at(harbour, "time-zone/")), (dana, f"{office}time-zone/")):
        odd = client.post(address, {"time_zone": "Mars/Olympus"})
        assert odd.status_code == 422
        assert "Mars/Olympus is no time zone that is known here. Choose one of the list." in odd.content.decode()
    for who in (BEN, CHLOE):
        assert signed_in(who).post(at(harbour, "time-zone/"), {"time_zone": "UTC"}).status_code == 403
    assert Company.objects.get(id=harbour.id).time_zone == "Asia/Kolkata"
