-- Once per database, run by the superuser in that database. Safe to repeat. It makes a database ready for Tenure:
-- one role per entitlement, a role that takes over what a grant owned, and the connector's own schema.
DO $$
DECLARE
  name text;
BEGIN
  FOREACH name IN ARRAY ARRAY[
    '{{database}}_read', '{{database}}_write', '{{database}}_operate', '{{database}}_administer', '{{database}}_keeper'
  ] LOOP
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) THEN
      EXECUTE format('CREATE ROLE %I NOLOGIN', name);
    END IF;
  END LOOP;
END
$$;

-- Each entitlement holds the one before it. SET FALSE: nobody can become the role, only use what it may.
GRANT {{database}}_read TO {{database}}_write WITH ADMIN FALSE, INHERIT TRUE, SET FALSE;
GRANT {{database}}_write TO {{database}}_operate WITH ADMIN FALSE, INHERIT TRUE, SET FALSE;
GRANT {{database}}_operate TO {{database}}_administer WITH ADMIN FALSE, INHERIT TRUE, SET FALSE;

-- The connector gives the entitlements away without using them itself.
GRANT {{database}}_read, {{database}}_write, {{database}}_operate, {{database}}_administer
  TO tenure_connector WITH ADMIN TRUE, INHERIT FALSE, SET FALSE;

-- The keeper may do nothing but own: a view or a SECURITY DEFINER function that outlives its maker runs as the keeper,
-- and so must reach no data. It needs CREATE where a grant can create, because a new owner must have it, and USAGE,
-- because the connector, which acts for it, takes others' rights to what it takes over.
GRANT {{database}}_keeper TO tenure_connector WITH ADMIN FALSE, INHERIT TRUE, SET TRUE;

GRANT CONNECT ON DATABASE {{database}} TO {{database}}_read, tenure_connector;
GRANT TEMPORARY ON DATABASE {{database}} TO {{database}}_operate;

-- Where administrators create. It is in nobody's search_path, so that what one makes cannot pose as something else.
CREATE SCHEMA IF NOT EXISTS workshop;
GRANT USAGE ON SCHEMA workshop TO {{database}}_read;
GRANT CREATE ON SCHEMA workshop TO {{database}}_administer, {{database}}_keeper;
GRANT USAGE ON SCHEMA workshop TO {{database}}_keeper;

-- Large objects are no tables, and whoever may call these can make some: with these, reading would be writing.
REVOKE EXECUTE ON FUNCTION pg_catalog.lo_creat(integer), pg_catalog.lo_create(oid), pg_catalog.lo_from_bytea(oid, bytea),
  pg_catalog.lo_put(oid, bigint, bytea), pg_catalog.lowrite(integer, bytea), pg_catalog.lo_truncate(integer, integer),
  pg_catalog.lo_truncate64(integer, bigint), pg_catalog.lo_unlink(oid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pg_catalog.lo_creat(integer), pg_catalog.lo_create(oid), pg_catalog.lo_from_bytea(oid, bytea),
  pg_catalog.lo_put(oid, bigint, bytea), pg_catalog.lowrite(integer, bytea), pg_catalog.lo_truncate(integer, integer),
  pg_catalog.lo_truncate64(integer, bigint), pg_catalog.lo_unlink(oid) TO {{database}}_administer;

-- The connector's own schema: which grant an account belongs to, up to when, and whether it has ended.
CREATE SCHEMA IF NOT EXISTS tenure AUTHORIZATION tenure_connector;
REVOKE ALL ON SCHEMA tenure FROM PUBLIC;
CREATE TABLE IF NOT EXISTS tenure.account (
  account text PRIMARY KEY,
  customer text,
  entitlement text NOT NULL,
  until timestamptz NOT NULL,
  attempt integer NOT NULL,
  -- The role's own number, kept past its end: a session that outlives its role is known by nothing else.
  role_oid oid,
  ended_at timestamptz
);
CREATE INDEX IF NOT EXISTS account_ended ON tenure.account (ended_at) WHERE ended_at IS NOT NULL;
ALTER TABLE tenure.account OWNER TO tenure_connector;
REVOKE ALL ON tenure.account FROM PUBLIC;

-- The customer that the session's account is confined to; null (which matches no row) for everyone else and from the
-- account's end on. session_user cannot be changed by anything a session may SET, and the table cannot be written by it.
CREATE OR REPLACE FUNCTION tenure.own_customer() RETURNS text
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
  RETURN (
    SELECT a.customer FROM tenure.account a
    WHERE a.account = session_user::text AND a.ended_at IS NULL AND a.until > clock_timestamp()
  );
ALTER FUNCTION tenure.own_customer() OWNER TO tenure_connector;
REVOKE ALL ON FUNCTION tenure.own_customer() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tenure.own_customer() TO {{database}}_read;
