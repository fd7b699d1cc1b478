"""Microsoft's own journal: audit records about one subscription, in the words of the rules."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import combinations, permutations, takewhile

from tenantry.clients.http.bodies import decode_json
from tenantry.clients.partner_center.client import PartnerCenter
from tenantry.clients.partner_center.models import AuditRecord
from tenantry.clients.partner_center.wire import LARGEST_COUNT
from tenantry.kernel.columns import fit
from tenantry.licensing.engine.names import upstream_ids
from tenantry.licensing.models import ChangeOrder
from tenantry.licensing.rules.facts import Status, facts_from_json
from tenantry.licensing.rules.plan import Write, plan_from_json
from tenantry.licensing.rules.settlement import SAME_MOMENT, AuditEntry, RecordStatus, moves_seats, undone_seats

# Microsoft's clock and ours.
CLOCK_SKEW = timedelta(seconds=10)
# So many records close to each other are tried in every order.
MOST_OF_A_MOMENT = 6
# Names under which a record's values may say which subscription it is about (audit records, read 2026-11).
_ID_NAMES = ("id", "subscriptionid")


def journal_of(order: ChangeOrder, client: PartnerCenter) -> tuple[AuditEntry, ...]:
    """Fetch what Microsoft has recorded about the order's subscription since it was read before the write.

    Errors: UpstreamError.
    """
    customer, subscription = upstream_ids(order)
    if order.read_on is None or order.before is None:
        return ()
    # A day earlier: the service cuts at UTC days, and its clock need not be ours.
    records = client.audit_records((order.read_on - timedelta(days=1)).date(), customer_id=customer)
    entries = entries_about(subscription, records.items)
    ours = str(order.correlation_id).lower()
    return since_read(entries, ours, order.read_on, facts_from_json(order.before).quantity)


def since_read(entries: Iterable[AuditEntry], ours: str, read_on: datetime, quantity: int) -> tuple[AuditEntry, ...]:
    """Keep our own records, and others' that were not yet part of what was read, in the order in which they came about.

    The clocks may differ by `CLOCK_SKEW`: around the reading a record whose seats led to the quantity that was read
    counts as read, with all before it; what may have been read or not is kept. What follows our own record was never
    read.
    """
    listed = in_order(entries, quantity)
    first = next((place for place, entry in enumerate(listed) if entry.correlation_id.lower() == ours), len(listed))
    from_ours = listed[first:]
    kept: list[AuditEntry] = []
    for entry in listed[_first_unread(listed[:first], read_on, quantity) : first]:
        # In the moment of our own record it may as well have come after it.
        beside_ours = bool(from_ours) and from_ours[0].at - entry.at < SAME_MOMENT
        if entry.at <= read_on + CLOCK_SKEW and not beside_ours and _was_read(entry, kept, quantity):
            kept = []
        else:
            kept.append(entry)
    # What may have been read was read where only then the seats lead on to our own record; likely is what is dated so.
    unsure = sum(entry.at <= read_on + CLOCK_SKEW for entry in kept) if from_ours else 0
    apart = takewhile(lambda entry: from_ours[0].at - entry.at >= SAME_MOMENT, kept[:unsure])
    told = [place for place, entry in enumerate(apart, 1) if moves_seats(entry) and entry.at <= read_on]
    likely = told[-1] if told else 0
    starts = (*range(likely, -1, -1), *range(likely + 1, unsure + 1))
    possible = {start: _chained([*kept[start:], *from_ours], quantity) for start in starts}
    return next((chain for chain in possible.values() if _leads_to(chain, ours, quantity)), possible[0])


def _leads_to(chain: Iterable[AuditEntry], ours: str, quantity: int) -> bool:
    """Say whether every record up to our own begins with the seats that the one before it left."""
    for entry in chain:
        if entry.status is not RecordStatus.SUCCEEDED:
            continue
        if entry.old_quantity not in (None, quantity):
            return False
        if entry.correlation_id.lower() == ours:
            return True
        quantity = quantity if entry.new_quantity is None else entry.new_quantity
    return False


def _first_unread(entries: Sequence[AuditEntry], read_on: datetime, quantity: int) -> int:
    """Return the place of the first record that was not read for certain.

    What is recorded long before the reading was read, unless it led to other seats than were read: then the reading was
    an old one, and what came after the seats that it shows was not read either.
    """
    old = sum(entry.at < read_on - CLOCK_SKEW for entry in entries)
    told = [
        place
        for place, entry in enumerate(entries)
        if moves_seats(entry) and entry.status is RecordStatus.SUCCEEDED and entry.at <= read_on + CLOCK_SKEW
    ]
    long_ago = [place for place in told if place < old]
    shown = [place for place in told if entries[place].new_quantity == quantity]
    if not long_ago or (shown and shown[-1] >= long_ago[-1]):
        return old
    left = [place for place in long_ago if entries[place].old_quantity == quantity]
    return shown[-1] + 1 if shown else left[0] if left else old


def _chained(entries: Iterable[AuditEntry], quantity: int) -> tuple[AuditEntry, ...]:
    """Order records of one moment so that the seats lead on from the quantity that was read."""
    left, chained = list(entries), list[AuditEntry]()
    while left:
        moment = [entry for entry in left if entry.at - left[0].at < SAME_MOMENT]
        fitting = [entry for entry in moment if entry.old_quantity in (None, quantity)] or left[:1]
        following = next((entry for entry in fitting if not moves_seats(entry)), fitting[0])
        left.remove(following)
        chained.append(following)
        if following.status is RecordStatus.SUCCEEDED and following.new_quantity is not None:
            quantity = following.new_quantity
    return tuple(chained)


def _was_read(entry: AuditEntry, earlier: Iterable[AuditEntry], quantity: int) -> bool:
    """Say whether a record led to the quantity that was read, unless the seats went from there and came back."""
    began = next((one.old_quantity for one in (*earlier, entry) if moves_seats(one)), None)
    return moves_seats(entry) and entry.new_quantity == quantity and began != quantity


@dataclass(frozen=True, slots=True)
class Between:
    """What a write came on top of: changes by others between our reading and our own record.

    ``undid`` has the seats before and after a write about something else that undid such a change.
    """

    overwrote: tuple[AuditEntry, ...] = ()
    undid: tuple[int, int] | None = None


def came_between(entries: Iterable[AuditEntry], ours: str, write: Write | None, read_on: datetime) -> Between:
    """Find what ours came on top of; what is not about seats counts only where it cannot have been read.

    ``entries`` come as `since_read` orders them. What did not succeed, by others or by us, came to nothing.
    """
    done = [entry for entry in entries if entry.status is RecordStatus.SUCCEEDED]
    place = next((place for place, entry in enumerate(done) if entry.correlation_id.lower() == ours), None)
    if place is None:
        return Between()
    earlier = tuple(entry for entry in done[:place] if moves_seats(entry) or entry.at > read_on)
    return Between(earlier, undone_seats(write, [done[place]]) if write else None)


def in_between(order: ChangeOrder, entries: Iterable[AuditEntry]) -> dict[str, object]:
    """Say what an order that was sent came on top of, in the words of its outcome; empty for nothing."""
    if order.read_on is None:
        return {}
    found = came_between(entries, str(order.correlation_id).lower(), plan_from_json(order.plan).write, order.read_on)
    told: dict[str, object] = {}
    if found.overwrote:
        told["overwrote"] = [_told(entry) for entry in found.overwrote]
    if found.undid is not None:
        told["undid"] = dict(zip(("from", "to"), found.undid, strict=True))
    return told


def _told(entry: AuditEntry) -> dict[str, object]:
    told: dict[str, object] = {"by": entry.by, "at": entry.at.isoformat()}
    return told | ({"from": entry.old_quantity, "to": entry.new_quantity} if moves_seats(entry) else {})


def entries_about(subscription_id: str, records: Iterable[AuditRecord]) -> tuple[AuditEntry, ...]:
    """Keep the records about one subscription, oldest first."""
    wanted = subscription_id.lower()
    entries = [_entry(record) for record in records if record.operation_date and wanted in subscriptions_of(record)]
    return tuple(sorted(entries, key=lambda entry: entry.at))


def in_order(entries: Iterable[AuditEntry], read: int) -> tuple[AuditEntry, ...]:
    """Order records by time, and those of one moment so that each begins with the seats that the one before it left.

    There and back in one moment fits either way: the records around it tell, else the seats that were ``read``.
    """
    # The best way to every number of seats: its gaps, the records that it puts out of their time, and the order.
    ways: dict[int | None, tuple[int, int, tuple[AuditEntry, ...]]] = {None: (0, 0, ())}
    for moment in _moments(sorted(entries, key=lambda entry: entry.at)):
        longer: dict[int | None, tuple[int, int, tuple[AuditEntry, ...]]] = {}
        for order in _orders(moment):
            for before, (gaps, swaps, way) in ways.items():
                more, after = _follow(order, before)
                swapped = swaps + sum(one.at > other.at for one, other in combinations(order, 2))
                if after not in longer or (gaps + more, swapped) < longer[after][:2]:
                    longer[after] = gaps + more, swapped, way + order
        ways = longer
    return min(ways.items(), key=lambda found: (found[1][0], found[0] != read, found[1][1]))[1][2]


def _moments(listed: Sequence[AuditEntry]) -> Iterable[tuple[AuditEntry, ...]]:
    """Cut records in the order of time where no two dates can be the wrong way round; more than a few stay as dated."""
    moment: tuple[AuditEntry, ...] = ()
    for entry in listed:
        if moment and (entry.at - moment[-1].at >= SAME_MOMENT or len(moment) == MOST_OF_A_MOMENT):
            yield moment
            moment = ()
        moment += (entry,)
    if moment:
        yield moment


def _orders(moment: tuple[AuditEntry, ...]) -> Iterable[tuple[AuditEntry, ...]]:
    """Yield every order in which the records of a moment may have come about."""
    for order in permutations(moment):
        if all(one.at - other.at < SAME_MOMENT for one, other in combinations(order, 2)):
            yield order


def _follow(entries: Iterable[AuditEntry], quantity: int | None) -> tuple[int, int | None]:
    """Count the records that do not begin with the seats that the one before left; return the last seats with it."""
    gaps = 0
    for entry in entries:
        if entry.status is not RecordStatus.SUCCEEDED:
            continue
        gaps += None not in (entry.old_quantity, quantity) and entry.old_quantity != quantity
        quantity = quantity if entry.new_quantity is None else entry.new_quantity
    return gaps, quantity


def subscriptions_of(record: AuditRecord) -> frozenset[str]:
    """Return the ids (lower case) of the subscriptions that a record is about."""
    found = {value for name, value in record.details.items() if name.lower().startswith("subscriptionid")}
    for text in (record.resource_old_value, record.resource_new_value):
        values = _values(text)
        found |= {value for name in _ID_NAMES if isinstance(value := values.get(name), str)}
    return frozenset(value.lower() for value in found)


def _entry(record: AuditRecord) -> AuditEntry:
    old, new = _values(record.resource_old_value), _values(record.resource_new_value)
    if record.operation_date is None:
        raise ValueError("a record without a date")
    status = new.get("status")
    return AuditEntry(
        correlation_id=record.original_correlation_id,
        operation=record.operation_type,
        status=_record_status(record.operation_status),
        at=record.operation_date,
        old_quantity=_number(old.get("quantity")),
        new_quantity=_number(new.get("quantity")),
        new_status=Status(status) if isinstance(status, str) else None,
        by=fit(ChangeOrder, "actor_name", record.user_principal_name or record.application_id),
    )


def _record_status(word: str) -> RecordStatus:
    try:
        return RecordStatus(word.lower())
    except ValueError:
        return RecordStatus.UNKNOWN


def _number(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= LARGEST_COUNT else None


def _values(text: str) -> Mapping[str, object]:
    """Read a record's JSON text with lower-case names; an unreadable one says nothing."""
    try:
        values = decode_json(text.encode()) if text else {}
    except ValueError:
        return {}
    return {str(name).lower(): value for name, value in values.items()} if isinstance(values, dict) else {}
