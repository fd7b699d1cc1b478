"""All addresses of the product, as the resolver has them."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from django.urls import URLPattern, URLResolver, get_resolver
from django.urls.resolvers import RoutePattern

from tenantry.web.access import DeclaredAccess, declared_access

_PART = re.compile(r"<(?:(?P<converter>[^:<>]+):)?(?P<name>[^<>]+)>")


@dataclass(frozen=True, slots=True)
class Address:
    """One address: its route as written in the urlconf, its view, and what fills the route's parts."""

    route: str
    name: str  # with the namespace
    namespace: str
    view: Callable[..., object]
    parts: Mapping[str, str]  # name to converter

    @property
    def access(self) -> DeclaredAccess | None:
        """Return what the view declares."""
        return declared_access(self.view)

    def path(self, values: Mapping[str, object]) -> str:
        """Return the path with its parts filled."""
        return "/" + _PART.sub(lambda part: str(values[part["name"]]), self.route)


def all_addresses() -> list[Address]:
    """Return every address of the urlconf."""
    return list(_walk(get_resolver(), "", ""))


def _walk(resolver: URLResolver, prefix: str, namespace: str) -> Iterator[Address]:
    for entry in resolver.url_patterns:
        if not isinstance(entry.pattern, RoutePattern):
            raise AssertionError(f"{prefix}{entry.pattern} is a regular expression; write it as a path")
        route = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from _walk(entry, route, entry.namespace or namespace)
        elif isinstance(entry, URLPattern):
            parts = {part["name"]: part["converter"] or "str" for part in _PART.finditer(route)}
            yield Address(route, f"{namespace}:{entry.name}", namespace, entry.callback, parts)
