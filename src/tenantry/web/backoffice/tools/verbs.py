"""What happened, in the words of the audit record's readers."""

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

_VERBS: dict[str, Promise] = {
    "audit.breaks_accepted": gettext_lazy("Broken places of the audit record looked into"),
    "brand.changed": gettext_lazy("Look changed"),
    "change_order.applied": gettext_lazy("Change order took effect"),
    "change_order.failed": gettext_lazy("Change order failed"),
    "change_order.other_effect": gettext_lazy("Change order had another effect"),
    "change_order.placed": gettext_lazy("Change order placed"),
    "change_order.refused": gettext_lazy("Change order refused"),
    "change_order.sending": gettext_lazy("Change order about to be sent"),
    "change_order.settled_by_hand": gettext_lazy("Change order settled by hand"),
    "change_order.took_effect": gettext_lazy("Change order took effect"),
    "change_order.undecidable": gettext_lazy("Change order left to a person"),
    "change_order.withdrawn": gettext_lazy("Change order withdrawn"),
    "company.added": gettext_lazy("Company added"),
    "company.removed": gettext_lazy("Company removed"),
    "company.renamed": gettext_lazy("Company renamed"),
    "company.time_zone_set": gettext_lazy("Time zone of a company set"),
    "connection.added": gettext_lazy("Partner connection added"),
    "connection.broke": gettext_lazy("Partner connection broke"),
    "connection.certificate_asked": gettext_lazy("New certificate asked for"),
    "connection.certificate_taken": gettext_lazy("New certificate taken into use"),
    "connection.consent_renewed": gettext_lazy("Partner Center consent renewed"),
    "connection.recovered": gettext_lazy("Partner connection recovered"),
    "connection.removed": gettext_lazy("Partner connection removed"),
    "direct_csp.asked": gettext_lazy("Direct CSP test asked for"),
    "direct_csp.failed": gettext_lazy("Direct CSP test failed"),
    "direct_csp.set": gettext_lazy("Direct CSP set"),
    "end_user.bound": gettext_lazy("End user bound to an account"),
    "end_user.invitation_renewed": gettext_lazy("Invitation renewed"),
    "end_user.invited": gettext_lazy("End user invited"),
    "end_user.looked_up": gettext_lazy("Tenant of an invitation looked up"),
    "end_user.passed_on": gettext_lazy("End user's access ended: address invited anew"),
    "end_user.removed": gettext_lazy("End user removed"),
    "end_user.role_changed": gettext_lazy("End user's role changed"),
    "end_user.tenant_confirmed": gettext_lazy("Other tenant of an invitation confirmed"),
    "limits.set": gettext_lazy("Limits set"),
    "logo.changed": gettext_lazy("Logo changed"),
    "logo.removed": gettext_lazy("Logo removed"),
    "notification_address.changed": gettext_lazy("Notification address changed"),
    "owner_link.made": gettext_lazy("One-time link for the first owner made"),
    "portal.disabled": gettext_lazy("End User Portal switched off"),
    "portal.enabled": gettext_lazy("End User Portal switched on"),
    "preferences.changed": gettext_lazy("Preferences changed"),
    "retention.changed": gettext_lazy("Retention changed"),
    "second_factor.not_required": gettext_lazy("Second factor of staff not required any more"),
    "second_factor.required": gettext_lazy("Second factor of staff required"),
    "session.ended": gettext_lazy("Sessions ended"),
    "staff.added": gettext_lazy("Staff added"),
    "staff.became_owner": gettext_lazy("First owner signed in"),
    "staff.bound": gettext_lazy("Staff bound to an account"),
    "staff.changed": gettext_lazy("Staff changed"),
    "staff.invitation_renewed": gettext_lazy("Invitation of staff renewed"),
    "staff.passed_on": gettext_lazy("Staff's place ended: address added anew"),
    "staff.removed": gettext_lazy("Staff removed"),
    "stop_switch.released": gettext_lazy("Stop switch switched off"),
    "stop_switch.thrown": gettext_lazy("Stop switch switched on"),
    "tenant.missing": gettext_lazy("Tenant vanished from Partner Center"),
    "tenant.removal_confirmed": gettext_lazy("Removal of a tenant confirmed"),
    "tenant.removal_dismissed": gettext_lazy("Removal of a tenant dismissed"),
    "tenant.returned": gettext_lazy("Tenant is listed again"),
    "wish.came_true": gettext_lazy("Kept decision took effect"),
    "wish.decided": gettext_lazy("Renewal confirmed, nothing sent"),
    "wish.did_not_come_true": gettext_lazy("Kept decision did not take effect"),
    "wish.given_up": gettext_lazy("Kept decision given up with its order"),
    "wish.lost": gettext_lazy("Scheduled change was lost at Microsoft"),
}


def verb_text(verb: str) -> str:
    """Say what a verb of the record means; one that nobody has named yet is shown as it is written."""
    found = _VERBS.get(verb)
    return verb if found is None else str(found)


def known_verbs() -> frozenset[str]:
    """Return the verbs that have words."""
    return frozenset(_VERBS)


def subjects() -> dict[str, str]:
    """Name what the record is filtered by: the first part of its verbs."""
    return {
        "change_order": _("Change orders"),
        "wish": _("Kept decisions"),
        "company": _("Companies"),
        "portal": _("End User Portals"),
        "end_user": _("End users"),
        "staff": _("Staff"),
        "connection": _("Partner connections"),
        "direct_csp": _("Direct CSP"),
        "tenant": _("Tenants"),
        "stop_switch": _("Stop switch"),
        "limits": _("Limits"),
        "brand": _("Look"),
        "logo": _("Logo"),
        "notification_address": _("Notification address"),
        "retention": _("Retention"),
        "preferences": _("Preferences"),
        "owner_link": _("First owner"),
        "audit": _("Audit record"),
        "second_factor": _("Second factor"),
        "session": _("Sessions"),
    }
