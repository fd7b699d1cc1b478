"""Rows of the audit record are added and never changed or removed: the database itself refuses."""

from django.db import migrations

REFUSE = """
CREATE FUNCTION audit_rows_stay() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'Rows of the audit record cannot be changed or removed (% on %).', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END;
$$;

CREATE TRIGGER audit_rows_stay_each BEFORE UPDATE OR DELETE ON audit_auditrow
    FOR EACH ROW EXECUTE FUNCTION audit_rows_stay();

CREATE TRIGGER audit_rows_stay_all BEFORE TRUNCATE ON audit_auditrow
    FOR EACH STATEMENT EXECUTE FUNCTION audit_rows_stay();
"""

ALLOW = """
DROP TRIGGER audit_rows_stay_all ON audit_auditrow;
DROP TRIGGER audit_rows_stay_each ON audit_auditrow;
DROP FUNCTION audit_rows_stay();
"""


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_start")]

    operations = [migrations.RunSQL(REFUSE, ALLOW)]
