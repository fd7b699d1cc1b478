-- The database with its two roles. As a superuser, before the first `tenantry migrate`:
--   psql --set=owner_password=… --set=web_password=… --file=deploy/database.sql postgres
-- Once more where they exist already, such as before a restore: what is there stays, passwords are changed only where
-- new ones are given, and a missing database is made.
-- `tenantry` owns the tables: migrations and the worker. `tenantry_web` owns nothing and has no right to any table here:
-- every `tenantry migrate` gives it what the web process needs, and takes everything else
-- (src/tenantry/config/rights.py has the table).
\set ON_ERROR_STOP on
SELECT 'CREATE ROLE ' || name || ' LOGIN' FROM unnest(ARRAY['tenantry', 'tenantry_web']) AS name
    WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) \gexec
\if :{?owner_password}
ALTER ROLE tenantry PASSWORD :'owner_password';
\endif
\if :{?web_password}
ALTER ROLE tenantry_web PASSWORD :'web_password';
\endif
SELECT count(*) > 0 AS without_password FROM pg_authid
    WHERE rolname IN ('tenantry', 'tenantry_web') AND rolpassword IS NULL \gset
\if :without_password
\warn 'A role has no password yet. Run this again with --set=owner_password=... --set=web_password=...'
\endif
SELECT 'CREATE DATABASE tenantry OWNER tenantry'
    WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'tenantry') \gexec
REVOKE ALL ON DATABASE tenantry FROM PUBLIC;
GRANT CONNECT ON DATABASE tenantry TO tenantry_web;
\connect tenantry
GRANT USAGE ON SCHEMA public TO tenantry_web;
