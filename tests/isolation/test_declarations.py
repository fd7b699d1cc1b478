"""Who may open which address, written down a second time.

The walk believes what a view declares, so a declaration that was weakened by mistake would be walked past. Here it
differs, and whoever means it changes two places.
"""

from tenantry.people.permissions import Permission
from tenantry.web.access import Audience, DeclaredAccess
from tests.isolation.addresses import all_addresses

TABLE: dict[DeclaredAccess, str] = {
    DeclaredAccess(Audience.PUBLIC): """
        hooks:brand_stylesheet hooks:brand_logo ui:theme
        sign_in:page sign_in:start sign_in:return sign_in:out sign_in:no_access sign_in:admin_approval
        sign_in:first_owner""",
    DeclaredAccess(Audience.REHEARSAL): """
        rehearsal:advance rehearsal:mailbox ui:gallery ui:preview ui:frame ui:brand""",
    DeclaredAccess(Audience.SIGNED_IN): "portal:home portal:companies portal:preferences sign_in:end_sessions",
    DeclaredAccess(Audience.PORTAL, Permission.SEE): """
        portal:overview portal:subscriptions portal:subscriptions_file portal:subscription portal:order
        portal:renewals portal:activity portal:activity_file""",
    DeclaredAccess(Audience.PORTAL, Permission.CHANGE_QUANTITY): "portal:change portal:withdraw",
    DeclaredAccess(Audience.PORTAL, Permission.DECIDE_END): "portal:end_of_term portal:renew_as_is",
    DeclaredAccess(Audience.PORTAL, Permission.CANCEL, fresh=True): "portal:stop",
    DeclaredAccess(Audience.PORTAL, Permission.SEE_PEOPLE): "portal:people",
    DeclaredAccess(Audience.PORTAL, Permission.SET_TIME_ZONE): "portal:time_zone",
    DeclaredAccess(Audience.OFFICE, Permission.OFFICE_SEE): """
        office:today office:companies office:refresh_run office:refresh_progress office:company office:activity
        office:refresh_company office:end_user_portal office:end_user office:orders office:order office:logs
        office:call_log office:sign_in_log office:audit_log office:preferences office:search office:renewals""",
    DeclaredAccess(Audience.OFFICE, Permission.OFFICE_SEE, every_company=True): """
        office:refresh_all office:removed_tenants office:delegated_admin office:connection_run office:connection
        office:connection_certificate office:audit_verify office:audit_progress""",
    DeclaredAccess(
        Audience.OFFICE, Permission.OFFICE_ACT
    ): "office:settle_order office:withdraw_order office:renew_as_is",
    DeclaredAccess(Audience.OFFICE, Permission.OFFICE_COMPANIES): """
        office:portal_switch office:time_zone office:invite office:change_role office:remove_end_user
        office:renew_invitation office:confirm_tenant office:bind_end_user office:invite_anew office:people
        office:add_user""",
    DeclaredAccess(Audience.OFFICE, Permission.OFFICE_COMPANIES, every_company=True): """
        office:add_companies office:refresh_tenants office:decide_removed_tenant office:remove_company""",
    DeclaredAccess(Audience.OFFICE, Permission.OFFICE_SETTINGS): """
        office:settings office:set_look office:contrast office:set_logo office:save_logo office:discard_logo
        office:remove_logo office:notices office:limits office:retention office:addresses office:stop_switch
        office:release_stop_switch""",
    DeclaredAccess(Audience.OFFICE, Permission.OFFICE_OWNER): """
        office:staff office:add_staff office:change_staff office:remove_staff office:renew_staff office:bind_staff
        office:end_staff_sessions office:end_user_sessions office:require_second_factor
        office:stop_requiring_second_factor""",
    DeclaredAccess(Audience.OFFICE, Permission.OFFICE_OWNER, every_company=True): """
        office:add_connection office:start_consent office:consent_return office:renew_consent
        office:check_connection office:direct_csp office:new_certificate office:remove_connection""",
}


def test_every_address_is_for_whom_it_was_meant() -> None:
    meant = {name: access for access, names in TABLE.items() for name in names.split()}
    assert {address.name: address.access for address in all_addresses()} == meant
