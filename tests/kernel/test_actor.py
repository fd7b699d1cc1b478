"""Who acts."""

from tenantry.kernel.actor import Actor, ActorKind


def test_the_system_and_the_operator_have_no_id() -> None:
    assert Actor.system() == Actor(ActorKind.SYSTEM, "", "Tenantry", "Tenantry")
    assert Actor.operator("root") == Actor(ActorKind.OPERATOR, "", "root", "root")
