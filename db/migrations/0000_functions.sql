-- What the tables' defaults need. The bodies name tables that the next migration makes.
SET LOCAL check_function_bodies = off;--> statement-breakpoint
-- The only clock that decides. In a test's database its owner may replace it by one with an offset, so that months
-- that Temporal's test server skips pass here too.
CREATE FUNCTION tenure_now() RETURNS timestamptz LANGUAGE sql VOLATILE PARALLEL SAFE
AS $$ SELECT date_trunc('milliseconds', clock_timestamp()) $$;--> statement-breakpoint
-- Which database cluster a row was written on. Not pg_control_system(), which reads a file at every call.
CREATE FUNCTION tenure_cluster() RETURNS text LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$ SELECT cluster FROM installation $$;--> statement-breakpoint
-- The caller's organization and reach, set for one transaction by db/client.ts; nothing set means nothing seen.
CREATE FUNCTION tenure_organization() RETURNS text LANGUAGE sql STABLE
AS $$ SELECT nullif(current_setting('tenure.organization', true), '') $$;--> statement-breakpoint
CREATE FUNCTION tenure_person() RETURNS text LANGUAGE sql STABLE
AS $$ SELECT nullif(current_setting('tenure.person', true), '') $$;--> statement-breakpoint
CREATE FUNCTION tenure_reaches_all() RETURNS boolean LANGUAGE sql STABLE
AS $$ SELECT coalesce(current_setting('tenure.reach', true), '') = 'all' $$;--> statement-breakpoint
-- AR-2201, AR-2202, …: short enough to say aloud.
CREATE SEQUENCE access_request_reference START 2201;
