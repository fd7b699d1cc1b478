"""World `small-msp`: a partner with 26 customers, about 150 subscriptions, and something near on every day.

The clock starts on Sunday, 22 November 2026, at 09:30 UTC: return windows end this morning and this week, renewals
are spread over the coming weeks and the year. Companies and people are invented; products are real.
"""

from __future__ import annotations

from typing import Any

from tenantry.sandbox.worlds.build import World
from tenantry.sandbox.worlds.catalogue import MONTH, THREE_YEARS, YEAR, YEAR_MONTHLY
from tenantry.sandbox.worlds.partner import new_world
from tenantry.sandbox.worlds.resources import action, at, guid, next_quantity
from tenantry.sandbox.worlds.small_msp_people import LONG_NAME, add_school, add_strangers

CLOCK = "2026-11-22T09:30:00Z"
GLOBAL_ADMIN = "Global Administrator"


def build() -> dict[str, Any]:
    """Return the world document."""
    world = new_world("small-msp", at(CLOCK))
    _harbour_vale(world)
    _sonnenschein(world)
    _nordlys(world)
    _rivera(world)
    _moreau(world)
    _van_den_berg(world)
    _granite(world)
    _meridian(world)
    _names(world)
    _ended(world)
    _small_ones(world)
    add_school(world)
    add_strangers(world)
    return world.document()


def _harbour_vale(world: World) -> None:
    """The company of the guided tour: open lots, a wish at renewal of each generation, three people, three roles."""
    c = world.company("harbour-vale", "Harbour & Vale Ltd", "GB", "Bristol", "harbourvale.example")
    c.person("Anna Lindqvist", GLOBAL_ADMIN, hint="tour: Admin of the company's portal")
    c.person("Ben Carter", hint="tour: Modify")
    c.person("Chloe Adeyemi", hint="tour: View")
    c.person("Edward Finch", hint="tour: has no access")
    premium = c.nce(
        "business-premium", 42, "2023-12-16T08:20:00Z", added=[(3, "2026-11-18T14:05:11Z"), (2, "2026-11-20T09:41:37Z")]
    )
    c.nce("exchange-1", 9, "2024-03-12T10:00:00Z", added=[(1, "2026-11-15T10:15:00Z")])
    c.nce("teams-phone", 12, "2025-11-26T11:30:00Z", scheduledNextTermInstructions=next_quantity("teams-phone", 8))
    c.nce(
        "visio-2",
        5,
        "2025-12-04T09:12:00Z",
        YEAR,
        scheduledActions=action("RenewToNewTerm", next_quantity("visio-2", 3, YEAR)),
    )
    c.nce("power-bi-pro", 6, "2026-10-28T07:45:00Z", MONTH)
    c.nce("project-3", 2, "2026-08-17T09:00:00Z", added=[(1, "2026-11-15T21:00:00Z")])
    c.nce("copilot", 4, "2026-02-09T13:00:00Z", YEAR, autoRenewEnabled=False, scheduledActions=action("Cancel"))
    c.trial("teams-premium-trial", "2026-11-06T12:00:00Z", "teams-premium")
    c.nce("defender-business", 40, "2025-11-24T16:00:00Z", autoRenewEnabled=False)
    c.assigned |= {"business-premium": 41, "exchange-1": 9, "teams-phone": 7}
    c.elsewhere["power-bi-pro"] = 4
    world.history(c, premium, "2026-11-18T14:05:11Z", 37, 40, "dana.okafor@kestrel-it.example")
    world.history(c, premium, "2026-11-20T09:41:37Z", 40, 42, "samuel.rivera@kestrel-it.example")


def _sonnenschein(world: World) -> None:
    """A bakery in the extended service term, with a subscription bought this morning."""
    c = world.company("sonnenschein", "Bäckerei Sonnenschein GmbH", "DE", "Freiburg", "baeckerei-sonnenschein.example")
    c.person("Greta Sonnenschein", GLOBAL_ADMIN, hint="Admin")
    c.person("Jörg Weiß", hint="Modify")
    c.nce("business-standard", 18, "2026-11-22T06:48:03.4418267Z")
    c.nce("business-basic", 30, "2025-06-09T09:00:00Z", added=[(4, "2026-11-19T17:20:00Z")])
    c.nce(
        "exchange-kiosk",
        22,
        "2025-09-12T08:00:00Z",
        effectiveStartDate="2025-09-12T08:00:00Z",
        commitmentEndDate="2026-12-11T00:00:00Z",
        commitmentEndDateTime="2026-12-11T23:59:59Z",
        billingCycleEndDate="2026-12-11T00:00:00Z",
        billingCycleEndDateTime="2026-12-11T23:59:59Z",
        billingCycle="monthly",
        autoRenewEnabled=False,
        scheduledActions=action("RenewToExtendedServiceTerm"),
        _sandbox={
            "extended": {
                "since": "2026-09-12T00:00:00Z",
                "percent": 3,
                "anchor": "2026-09-12",
                "months": 3,
                "term": "P1Y",
                "billing_cycle": "monthly",
            }
        },
    )
    c.nce("teams-essentials", 5, "2026-09-30T10:00:00Z", MONTH)


def _nordlys(world: World) -> None:
    """A shipping company with enterprise plans over three years, and the day of a renewal."""
    c = world.company("nordlys", "Nordlys Shipping AS", "NO", "Tromsø", "nordlys-shipping.example")
    c.person("Ingrid Solberg", GLOBAL_ADMIN, hint="Admin")
    c.person("Lars Øvergård", hint="Modify")
    c.person("Kari Moen", "Billing Administrator", hint="View")
    c.nce("m365-e3", 180, "2024-05-20T09:00:00Z", THREE_YEARS)
    c.nce("m365-f3", 95, "2025-11-23T07:00:00Z")
    c.nce("m365-e5", 25, "2026-11-16T12:34:56.7891234Z", YEAR, added=[(5, "2026-11-21T20:10:00Z")])
    c.nce("teams-rooms-pro", 6, "2026-01-15T09:00:00Z", YEAR)
    c.nce("exchange-2", 210, "2026-11-14T06:00:00Z", added=[(10, "2026-11-22T08:15:00Z")])
    c.nce("power-bi-premium", 8, "2026-04-30T09:00:00Z")
    c.nce("entra-p2", 30, "2025-12-01T00:00:00Z", autoRenewEnabled=False, scheduledActions=action("Cancel"))
    c.azure_plan("2022-08-30T11:20:00Z", entitlements=3)
    c.software("sql-enterprise", 4, "2024-10-15T21:28:19.3058617Z")


def _rivera(world: World) -> None:
    """A practice that still has subscriptions of the time before new commerce."""
    c = world.company("rivera", "Clínica Dental Rivera S.L.", "ES", "Valencia", "clinica-rivera.example")
    c.person("Lucía Rivera Gómez", GLOBAL_ADMIN, hint="Admin")
    c.person("Mateo Ortiz", hint="View")
    mail = c.legacy("legacy-exchange-1", 14, "2019-02-11T10:30:00.113Z")
    c.legacy("legacy-archiving", 14, "2019-02-11T10:42:00.7Z", parent=mail)
    c.legacy("legacy-audio", 3, "2020-06-02T08:00:00Z", status="suspended", suspensionReasons=["CustomerCancellation"])
    c.nce("business-basic", 6, "2026-01-31T09:00:00Z")
    c.nce("apps-business", 4, "2026-08-31T09:00:00Z", MONTH)


def _moreau(world: World) -> None:
    """Something suspended by the partner, and perpetual software that can still be returned."""
    c = world.company("moreau", "Atelier Moreau SARL", "FR", "Lyon", "atelier-moreau.example")
    c.person("Camille Moreau", GLOBAL_ADMIN, hint="Admin")
    c.person("Hugo Lefèvre", hint="Modify")
    c.nce("business-premium", 11, "2026-04-08T09:00:00Z", status="suspended", suspensionReasons=["Partner"])
    c.nce("visio-1", 3, "2025-12-19T15:00:00Z")
    c.nce("business-basic", 6, "2026-02-28T09:00:00Z", MONTH)
    c.nce("copilot-business", 6, "2026-11-17T10:30:00Z", YEAR)
    c.software("office-ltsc", 5, "2026-11-10T10:00:00Z")
    c.software("windows-server", 1, "2025-03-03T10:00:00Z")


def _van_den_berg(world: World) -> None:
    """Where an administrator has to approve applications first."""
    c = world.company(
        "van-den-berg",
        "Van den Berg Logistiek B.V.",
        "NL",
        "Rotterdam",
        "vandenberg-logistiek.example",
        user_consent=False,
        consented=[],
    )
    c.person("Sanne van den Berg", GLOBAL_ADMIN, hint="Admin: can approve the application for everybody")
    c.person("Daan Visser", hint="Modify: needs an administrator's approval to sign in (AADSTS90094)")
    c.nce("o365-e3", 64, "2025-12-09T09:00:00Z", added=[(6, "2026-11-17T08:00:00Z")])
    c.nce("o365-f3", 120, "2026-06-22T09:00:00Z")
    c.nce("intune-1", 64, "2025-12-09T09:05:00Z")


def _granite(world: World) -> None:
    """No delegated admin rights: the directory's counts are unknown, and so are address and domains."""
    c = world.company(
        "granite-state",
        "Granite State Robotics Corp.",
        "US",
        "Manchester, NH",
        "granite-robotics.example",
        directory_access=False,
    )
    c.person("Harper Nguyen", GLOBAL_ADMIN, hint="Admin; the partner has no GDAP in this tenant")
    c.person("Walter Brooks", hint="Modify")
    c.nce("business-premium", 88, "2026-11-20T18:30:00Z", YEAR)
    c.nce("project-3", 7, "2026-03-29T12:00:00Z")
    c.nce("power-automate", 3, "2026-11-08T12:00:00Z", MONTH)


def _meridian(world: World) -> None:
    """The company with sixty subscriptions: twelve departments with five products each."""
    c = world.company("meridian", "Meridian Group Holdings plc", "GB", "Leeds", "meridian-group.example")
    c.person("Olivia Hartley", GLOBAL_ADMIN, hint="Admin of the company with sixty subscriptions")
    c.person("Rajesh Patel", "License Administrator", hint="Modify")
    c.person("Fiona McAllister", "Global Reader", hint="View")
    departments = [
        *("Accounts", "Board", "Customer Care", "Distribution", "Engineering", "Fleet", "Group IT", "HR"),
        *("International", "Legal", "Marketing", "Northern Sites"),
    ]
    products = ("m365-e3", "exchange-1", "teams-phone", "power-bi-pro", "visio-2")
    terms = (YEAR_MONTHLY, YEAR, YEAR_MONTHLY, MONTH, YEAR)
    for number, department in enumerate(departments):
        for column, key in enumerate(products):
            place = number * len(products) + column
            day, month = 1 + (place * 11) % 28, 1 + (place * 5 + 10) % 12
            bought = f"{2024 if month < 12 else 2023}-{month:02}-{day:02}T{8 + place % 9:02}:{(place * 7) % 60:02}:00Z"
            seats = 2 + (place * 13) % 47
            changes: dict[str, Any] = {}
            if place % 17 == 5:
                changes["autoRenewEnabled"] = False
            elif place % 13 == 4:
                smaller = next_quantity(key, max(1, seats - 2), terms[column])
                changes["scheduledActions"] = action("RenewToNewTerm", smaller)
            title = f"{department}: {key.replace('-', ' ')}"
            c.nce(key, seats, bought, terms[column], nickname=title, **changes)
    c.subscriptions[0]["friendlyName"] = "Accounts: Microsoft 365 E3 (incl. leased vehicles, see contract 2023/114-B)"


def _names(world: World) -> None:
    """Names that break pages: very long, right to left, apostrophes and ampersands."""
    c = world.company("langname", LONG_NAME, "DE", "Ravensburg", "kjf-oberschwaben.example")
    c.person("Maximiliane-Theodora von Waldburg-Hohenfels zu Sigmaringen", GLOBAL_ADMIN, hint="Admin with a long name")
    c.person("Uwe Ott", hint="Modify")
    nickname = "Verwaltung und Geschäftsführung einschließlich aller Außenstellen im Landkreis (Kostenstelle 4711-0815)"
    c.nce("business-premium", 57, "2025-12-11T09:00:00Z", nickname=nickname)
    c.nce("business-basic", 240, "2026-05-05T09:00:00Z", added=[(12, "2026-11-16T07:30:00Z")])
    c.nce("exchange-2", 3, "2026-02-14T09:00:00Z", nickname="x")

    c = world.company("nakheel", "شركة النخيل للتجارة العامة ذ.م.م", "AE", "دبي", "alnakheel-trading.example")
    c.person("ليلى الهاشمي", GLOBAL_ADMIN, hint="Admin; name from right to left", upn="layla@alnakheel-trading.example")
    c.person("Omar Haddad", hint="View")
    c.nce("business-standard", 21, "2026-01-20T06:00:00Z")
    c.nce("exchange-1", 8, "2026-11-19T05:10:00Z", MONTH, nickname="صناديق بريد المستودع")

    c = world.company("oconnell", "O'Connell & Daughters <Solicitors>", "IE", "Galway", "oconnell-law.example")
    c.person("Síle O'Connell", GLOBAL_ADMIN, hint="Admin; apostrophe, ampersand and angle brackets in the name")
    c.person("Ned Walsh", hint="View")
    c.nce("business-premium", 9, "2026-07-07T09:00:00Z", YEAR)
    c.nce("apps-business", 2, "2025-12-22T09:00:00Z", nickname='"Reception" & front desk')


def _ended(world: World) -> None:
    """Subscriptions that are over, each in its own stage, and one that waits for Microsoft."""
    c = world.company("old-mill", "Old Mill Antiques", "GB", "Ludlow", "oldmill-antiques.example")
    c.person("Margaret Pryce", GLOBAL_ADMIN, hint="Admin of a company whose subscriptions are all over")
    ended = {  # the last day of the term, and since when it is as it is
        "expired": ("2026-11-05", "2026-11-05"),
        "disabled": ("2026-08-20", "2026-09-19"),
        "deleted": ("2026-04-01", "2026-07-30"),
    }
    for status, (day, since) in ended.items():
        c.nce(
            "business-basic",
            4,
            f"2025-{day[5:]}T09:00:00Z",
            status=status,
            commitmentEndDate=f"{day}T00:00:00Z",
            commitmentEndDateTime=f"{day}T23:59:59Z",
            billingCycleEndDate=f"{day}T00:00:00Z",
            billingCycleEndDateTime=f"{day}T23:59:59Z",
            _sandbox={"ended_at": f"{since}T23:59:59Z"},
        )
    c.legacy("legacy-e1", 4, "2018-05-05T09:00:00Z", status="deleted")

    c = world.company("weingut", "Weingut Steinfeder KG", "AT", "Krems", "weingut-steinfeder.example")
    c.person("Leopold Steinfeder", GLOBAL_ADMIN, hint="Admin")
    c.nce("business-standard", 7, "2025-11-28T09:00:00Z", autoRenewEnabled=False)
    pending = {"pending": {"until": "2026-11-22T21:30:00Z", "why": "operation"}}
    c.nce("exchange-1", 5, "2026-09-14T09:00:00Z", _sandbox=pending)
    c.nce("visio-1", 1, "2025-11-10T09:00:00Z", status="expired", _sandbox={"ended_at": "2026-11-10T00:00:00Z"},
          commitmentEndDate="2026-11-09T00:00:00Z", commitmentEndDateTime="2026-11-09T23:59:59Z")  # fmt: skip


def _small_ones(world: World) -> None:
    """Companies with a few usual subscriptions each; renewals lie all over the year."""
    rows: tuple[tuple[str, str, str, str, str, str, tuple[tuple[Any, ...], ...]], ...] = (
        ("bianchi", "Studio Bianchi S.r.l.", "IT", "Torino", "studio-bianchi.example", "Giulia Bianchi",
         (("business-standard", 13, "2026-03-02", YEAR), ("visio-1", 2, "2026-11-30", MONTH),
          ("power-bi-pro", 3, "2025-12-30", YEAR_MONTHLY))),
        ("kowalski", "Kowalski i Synowie Sp. z o.o.", "PL", "Poznań", "kowalski-synowie.example", "Zofia Kowalska",
         (("business-basic", 35, "2025-12-07", YEAR_MONTHLY), ("exchange-kiosk", 60, "2026-04-19", YEAR_MONTHLY),
          ("windows-e3", 35, "2026-02-25", YEAR))),
        ("alpenquell", "Alpenquell Brauerei AG", "CH", "Chur", "alpenquell.example", "Reto Caduff",
         (("business-premium", 27, "2026-06-18", YEAR), ("teams-phone", 9, "2026-06-18", YEAR),
          ("copilot", 5, "2025-12-15", YEAR_MONTHLY))),
        ("ostgota", "Östgöta Bygg AB", "SE", "Linköping", "ostgota-bygg.example", "Åsa Bergström",
         (("m365-f3", 48, "2026-01-09", YEAR_MONTHLY), ("business-premium", 19, "2026-01-09", YEAR_MONTHLY),
          ("project-3", 4, "2025-11-29", YEAR_MONTHLY), ("visio-2", 2, "2026-09-01", YEAR))),
        ("lisboa-mar", "Lisboa Mar Turismo Lda.", "PT", "Lisboa", "lisboamar.example", "João Ferreira",
         (("business-basic", 16, "2026-10-05", MONTH), ("business-standard", 8, "2026-05-14", YEAR_MONTHLY))),
        ("praha-design", "Praha Design s.r.o.", "CZ", "Praha", "prahadesign.example", "Jana Dvořáková",
         (("business-standard", 10, "2026-08-03", YEAR_MONTHLY), ("onedrive-2", 2, "2026-02-02", YEAR))),
        ("helsinki", "Helsinki Aerial Surveys Oy", "FI", "Helsinki", "helsinkiaerial.example", "Aino Virtanen",
         (("m365-e5", 14, "2026-09-09", YEAR), ("power-bi-premium", 4, "2025-12-02", YEAR_MONTHLY),
          ("sharepoint-1", 20, "2026-03-17", YEAR_MONTHLY))),
        ("jensen", "Jensen & Partnere Advokater ApS", "DK", "Aarhus", "jensen-advokater.example", "Mette Jensen",
         (("business-premium", 23, "2025-12-18", YEAR), ("teams-premium", 6, "2026-07-28", YEAR_MONTHLY))),
        ("maple-street", "Maple Street Dental, LLC", "US", "Portland, OR", "maplestreetdental.example", "Emily Carter",
         (("business-premium", 15, "2026-04-27", YEAR_MONTHLY), ("exchange-1", 4, "2025-12-27", YEAR_MONTHLY))),
        ("redwood", "Redwood Precision Manufacturing, Inc.", "US", "Eureka, CA", "redwoodprecision.example",
         "Marcus Washington",
         (("o365-e3", 130, "2026-10-01", YEAR), ("o365-f3", 210, "2026-10-01", YEAR_MONTHLY),
          ("ems-e3", 130, "2025-12-12", YEAR_MONTHLY), ("power-apps-premium", 12, "2026-11-11", MONTH))),
        ("desert-bloom", "Desert Bloom Veterinary Hospital, P.C.", "US", "Tucson, AZ", "desertbloomvet.example",
         "Rosa Martinez",
         (("business-standard", 22, "2026-12-24", YEAR_MONTHLY), ("apps-enterprise", 5, "2026-06-06", YEAR))),
    )  # fmt: skip
    for slug, name, country, city, domain, admin, subscriptions in rows:
        c = world.company(slug, name, country, city, domain)
        c.person(admin, GLOBAL_ADMIN, hint="Admin")
        for key, seats, day, term in subscriptions:
            # A day after the start of the clock stands for the same day a year (or a month's term: long) before.
            year = int(day[:4]) - (1 if day > CLOCK[:10] else 0)
            c.nce(key, seats, f"{year}{day[4:]}T09:00:00Z", term)
    bloom = world.companies[-1]
    bloom.trial("copilot-business-trial", "2026-10-26T15:00:00Z", "copilot-business")
    bloom.software("windows-cal", 30, "2025-01-20T09:00:00Z")
    redwood = world.companies[-2]
    redwood.azure_plan("2023-04-04T09:00:00Z", entitlements=1)
    redwood.nce("cloud-backup", 130, "2026-10-01T09:00:00Z", YEAR)
    empty = world.company("sunrise", "Sunrise Yoga & Pilates", "US", "Boise, ID", "sunriseyoga.example")
    empty.person("Skye Donovan", GLOBAL_ADMIN, hint="Admin of a company without any subscription")


def tenant_id(slug: str) -> str:
    """Return the id of a company's tenant in this world."""
    return guid("tenant", slug)
