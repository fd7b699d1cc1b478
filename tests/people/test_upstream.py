"""Which tenant Microsoft names when it refuses the application for sign-in."""

import pytest

from tenantry.clients.http import SignInNeeded
from tenantry.people.upstream import ORGANISATIONS, Attempt, tenant_named

TENANT = "7428417d-3d15-52dd-a167-a4854d0f91a9"


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (
            "AADSTS700016: Application with identifier 'a-1' was not found in the directory 'Contoso Ltd.'. It",
            "Contoso Ltd.",
        ),
        (f"AADSTS700016: Application with identifier 'a-1' was not found in the directory '{TENANT}'.", TENANT),
        ("AADSTS700016: Application with identifier 'a-1' was not found in the directory 'abc '. This", "abc"),
        (
            "AADSTS500011: The resource principal named x was not found in the tenant named contoso.com. "
            "This can happen if the application has not been installed by the administrator of the tenant.",
            "contoso.com",
        ),
        ("AADSTS500011: The resource principal named x was not found in the tenant named Contoso Ltd.", "Contoso Ltd"),
        ("AADSTS500011: The resource was not found in the tenant.", ""),
        ("", ""),
    ],
)
def test_the_tenant_in_microsofts_words(words: str, named: str) -> None:
    error = SignInNeeded(words, code="AADSTS700016")
    assert tenant_named(Attempt(ORGANISATIONS, "n", "v", "r"), error) == named
    assert tenant_named(Attempt(TENANT, "n", "v", "r"), error) == TENANT
