"""Rows are added by a function of the database, which takes their place, their predecessor and their hash itself.

Whoever may only call it can add rows at the end of a chain, and can do nothing else to the record. Its bytes are those
of `tenantry.audit.canonical`; what the reader of the record could not read back is refused.
"""

from django.db import migrations

CANONICAL = r"""
CREATE FUNCTION audit_canonical(value jsonb, depth integer DEFAULT 0) RETURNS text
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF depth > 50 THEN
        RAISE EXCEPTION 'The audit record takes no value that is nested so deeply.' USING ERRCODE = 'check_violation';
    END IF;
    CASE jsonb_typeof(value)
        WHEN 'object' THEN
            RETURN '{' || coalesce((
                SELECT string_agg(to_json(name)::text || ':' || public.audit_canonical(item, depth + 1), ','
                                  ORDER BY name COLLATE "C")
                FROM jsonb_each(value) AS member (name, item)), '') || '}';
        WHEN 'array' THEN
            RETURN '[' || coalesce((
                SELECT string_agg(public.audit_canonical(item, depth + 1), ',' ORDER BY place)
                FROM jsonb_array_elements(value) WITH ORDINALITY AS element (item, place)), '') || ']';
        WHEN 'number' THEN
            IF value::text !~ '^-?[0-9]{1,200}$' THEN
                RAISE EXCEPTION 'The audit record takes whole numbers only.' USING ERRCODE = 'check_violation';
            END IF;
        ELSE NULL;
    END CASE;
    RETURN value::text;
END;
$$;
"""

APPEND = r"""
CREATE FUNCTION audit_append(
    company uuid, happened timestamptz, actor_kind text, actor_id text, actor_name text, verb text,
    subject_kind text, subject_id text, subject_name text, before jsonb, after jsonb,
    outcome text, rule text, request_id text
) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
DECLARE
    -- Before the chain is locked: this may take a millisecond.
    said_before text := coalesce(public.audit_canonical(before), 'null');
    said_after text := coalesce(public.audit_canonical(after), 'null');
    chain public.audit_chain;
    place bigint;
    previous bytea;
    occupied bytea;
    said text;
    digest bytea;
BEGIN
    IF happened IS NULL OR happened NOT BETWEEN '1970-01-01 00:00+00' AND '9999-12-31 00:00+00' THEN
        RAISE EXCEPTION 'The audit record takes no such moment.' USING ERRCODE = 'check_violation';
    END IF;
    IF octet_length(said_before) + octet_length(said_after) > 4000000 THEN
        RAISE EXCEPTION 'The audit record takes no row as long as this.' USING ERRCODE = 'check_violation';
    END IF;
    IF starts_with(verb, 'audit.') AND NOT pg_has_role(session_user, current_user, 'MEMBER') THEN
        RAISE EXCEPTION 'Only the owner of the audit record writes about the record itself.'
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    LOOP
        IF company IS NULL THEN
            SELECT * INTO chain FROM public.audit_chain WHERE company_id IS NULL FOR UPDATE;
        ELSE
            SELECT * INTO chain FROM public.audit_chain WHERE company_id = company FOR UPDATE;
        END IF;
        EXIT WHEN FOUND;
        -- Somebody else may begin the same chain right now: then theirs is taken.
        INSERT INTO public.audit_chain (company_id, sequence, head, published_sequence) VALUES (company, 0, '', 0)
            ON CONFLICT DO NOTHING;
    END LOOP;
    IF chain.sequence NOT BETWEEN 0 AND 1000000000000000 THEN
        -- No chain grows as long: somebody wrote the head past the function, before that was forbidden.
        SELECT coalesce(max(sequence), 1) - 1, '' INTO chain.sequence, chain.head FROM public.audit_auditrow
            WHERE chain_id = chain.id AND sequence <= 1000000000000000;
    END IF;
    place := chain.sequence + 1;
    previous := chain.head;
    -- A row that somebody put at this place past the function stays, for verify to name; the chain goes on after it.
    LOOP
        SELECT hash INTO occupied FROM public.audit_auditrow WHERE chain_id = chain.id AND sequence = place;
        EXIT WHEN NOT FOUND;
        previous := occupied;
        place := place + 1;
    END LOOP;
    said := '{"actor":[' || to_json(actor_kind)::text || ',' || to_json(actor_id)::text || ','
        || to_json(actor_name)::text || '],"after":' || said_after || ',"before":' || said_before
        || ',"chain":' || to_json(coalesce(company::text, 'partner'))::text
        || ',"happened_at":"' || to_char(happened AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US') || '+00:00"'
        || ',"outcome":' || to_json(outcome)::text || ',"request_id":' || to_json(request_id)::text
        || ',"rule":' || to_json(rule)::text || ',"sequence":' || place::text
        || ',"subject":[' || to_json(subject_kind)::text || ',' || to_json(subject_id)::text || ','
        || to_json(subject_name)::text || '],"verb":' || to_json(verb)::text || '}';
    digest := sha256(previous || convert_to(said, 'UTF8'));
    INSERT INTO public.audit_auditrow (
        chain_id, sequence, company_id, happened_at, actor_kind, actor_id, actor_name, verb,
        subject_kind, subject_id, subject_name, before, after, outcome, rule, request_id, previous_hash, hash
    ) VALUES (
        chain.id, place, company, happened, actor_kind, actor_id, actor_name, verb,
        subject_kind, subject_id, subject_name, before, after, outcome, rule, request_id, previous, digest
    );
    UPDATE public.audit_chain SET sequence = place, head = digest WHERE id = chain.id;
    RETURN place;
END;
$$;

REVOKE ALL ON FUNCTION audit_append FROM PUBLIC;
"""

DROP = "DROP FUNCTION audit_append; DROP FUNCTION audit_canonical;"


class Migration(migrations.Migration):
    dependencies = [("audit", "0002_rows_stay")]

    operations = [migrations.RunSQL(CANONICAL + APPEND, DROP)]
