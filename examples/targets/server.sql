-- Once per server, run by its superuser, in the database "postgres". Safe to repeat.
-- What Tenure's connector signs in as. It is no superuser: it may make roles, give away exactly those it was given to
-- give away, and end sessions. {{verifier}} is a SCRAM verifier, so that no password reaches this server's log.
DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'tenure_connector') THEN
    CREATE ROLE tenure_connector;
  END IF;
END
$$;
ALTER ROLE tenure_connector
  LOGIN CREATEROLE NOSUPERUSER NOCREATEDB NOREPLICATION NOBYPASSRLS PASSWORD '{{verifier}}';
-- It can act for the roles it makes, and so hand on what they own before it drops them.
ALTER ROLE tenure_connector SET createrole_self_grant = 'set, inherit';
GRANT pg_signal_backend TO tenure_connector;
-- It comes in, to end sessions, even where they have taken every other connection: set reserved_connections, too.
GRANT pg_use_reserved_connections TO tenure_connector;

-- The product's own role, which owns the tables and that nobody signs in as here.
DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'northwind_application') THEN
    CREATE ROLE northwind_application NOLOGIN;
  END IF;
END
$$;

-- Every role may connect to every database unless this is taken away: a grant must reach its own database only.
DO $$
DECLARE
  name text;
BEGIN
  FOR name IN SELECT datname FROM pg_database WHERE datallowconn LOOP
    EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC', name);
    EXECUTE format('GRANT CONNECT ON DATABASE %I TO tenure_connector', name);
  END LOOP;
END
$$;
