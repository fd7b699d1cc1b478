from django.apps import AppConfig


class ConnectionConfig(AppConfig):
    name = "tenantry.connection"
    label = "connection"

    def ready(self) -> None:
        """Follow the calls that are made through this room's connections."""
        from tenantry.connection.contact import note_calls
        from tenantry.traffic.calls import follow

        follow(note_calls)
