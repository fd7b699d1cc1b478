-- The database with its two roles. Once, as a superuser, before the first `tenantry migrate`:
--   psql --set=owner_password=… --set=web_password=… --file=deploy/database.sql postgres
-- `tenantry` owns the tables: migrations and the worker. `tenantry_web` reads and writes rows and owns nothing, so that
-- a web process that was taken over cannot switch off what keeps the audit record as it is.
\set ON_ERROR_STOP on
CREATE ROLE tenantry LOGIN PASSWORD :'owner_password';
CREATE ROLE tenantry_web LOGIN PASSWORD :'web_password';
CREATE DATABASE tenantry OWNER tenantry;
REVOKE ALL ON DATABASE tenantry FROM PUBLIC;
GRANT CONNECT ON DATABASE tenantry TO tenantry_web;
\connect tenantry
GRANT USAGE ON SCHEMA public TO tenantry_web;
ALTER DEFAULT PRIVILEGES FOR ROLE tenantry IN SCHEMA public
    GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO tenantry_web;
ALTER DEFAULT PRIVILEGES FOR ROLE tenantry IN SCHEMA public GRANT USAGE ON SEQUENCES TO tenantry_web;
