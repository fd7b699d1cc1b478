"""Every write of this room. Each is one transaction with one audit row per thing that changed; a "no" is a Refusal."""

from tenantry.people.actions.application import (
    forget_application_trouble,
    note_application_refused,
    warn_of_secrets,
)
from tenantry.people.actions.companies import (
    add_companies,
    disable_portal,
    enable_portal,
    follow_tenant_names,
    remove_company,
    set_time_zone,
)
from tenantry.people.actions.end_users import (
    bind_end_user,
    change_role,
    confirm_tenant,
    invite_end_user,
    look_up_again,
    remove_end_user,
    renew_invitation,
)
from tenantry.people.actions.log import prune_sign_ins
from tenantry.people.actions.owner import link_digest, make_owner_link, owner_link_is_good, take_owner_link
from tenantry.people.actions.pace import begin_sign_in
from tenantry.people.actions.preferences import set_preferences
from tenantry.people.actions.second_factor import (
    read_context,
    require_second_factor,
    stop_requiring_second_factor,
)
from tenantry.people.actions.sessions import end_sessions
from tenantry.people.actions.sign_in import Origin, sign_in
from tenantry.people.actions.staff import add_staff, bind_staff, change_staff, remove_staff, renew_staff_invitation

__all__ = [
    "Origin",
    "add_companies",
    "add_staff",
    "begin_sign_in",
    "bind_end_user",
    "bind_staff",
    "change_role",
    "change_staff",
    "confirm_tenant",
    "disable_portal",
    "enable_portal",
    "end_sessions",
    "follow_tenant_names",
    "forget_application_trouble",
    "invite_end_user",
    "link_digest",
    "look_up_again",
    "make_owner_link",
    "note_application_refused",
    "owner_link_is_good",
    "prune_sign_ins",
    "read_context",
    "remove_company",
    "remove_end_user",
    "remove_staff",
    "renew_invitation",
    "renew_staff_invitation",
    "require_second_factor",
    "set_preferences",
    "set_time_zone",
    "sign_in",
    "stop_requiring_second_factor",
    "take_owner_link",
    "warn_of_secrets",
]
