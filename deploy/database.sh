#!/bin/sh
# Runs in the container of PostgreSQL, once, when its data is made.
set -eu
psql --username "$POSTGRES_USER" --file /deploy/database.sql postgres \
    --set=owner_password="$(cat /run/secrets/owner_password)" --set=web_password="$(cat /run/secrets/web_password)"
