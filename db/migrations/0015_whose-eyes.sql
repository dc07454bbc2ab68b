-- Whoever has an end leaves by it: who is due is found by an index.
CREATE INDEX "person_ends_idx" ON "person" USING btree ("ends_at") WHERE ends_at is not null and offboarded_at is null;--> statement-breakpoint
-- How often a customer's administrators were told that there are more users than seats.
ALTER TABLE "contract" ADD COLUMN "seat_notices" integer DEFAULT 0 NOT NULL;--> statement-breakpoint

-- One task for each cause of a process, however many people it is about.
DROP INDEX "task_open_once_for_process";--> statement-breakpoint
CREATE UNIQUE INDEX "task_open_once_for_process" ON "task" USING btree ("kind","process_id",coalesce(person_id, ''),coalesce(resource_id, ''),(case when person_id is null and resource_id is null then coalesce(cause, '') else '' end)) WHERE closed_at is null and grant_id is null;--> statement-breakpoint

-- What a fact says of payments, so that since when they fail is looked up and not read out of all that was ever said.
ALTER TABLE "contract_fact" ADD COLUMN "verdict" text;--> statement-breakpoint
ALTER TABLE "contract_fact" ADD COLUMN "verdict_on" text;--> statement-breakpoint
ALTER TABLE "contract_fact" ADD COLUMN "verdict_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "contract_fact" NO FORCE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "contract" NO FORCE ROW LEVEL SECURITY;--> statement-breakpoint
UPDATE "contract_fact" SET "verdict" = CASE
  WHEN fact->>'payment' = 'failed' THEN 'bad'
  WHEN fact->>'payment' IS NOT NULL OR fact->>'status' IN ('active', 'trialing') THEN 'good'
  WHEN fact->>'status' IN ('past_due', 'unpaid', 'paused') THEN 'bad' END;--> statement-breakpoint
UPDATE "contract_fact" SET "verdict_on" = (fact->>'source') || ' ' || (fact->>'objectId'), "verdict_at" = (fact->>'occurredAt')::timestamptz
WHERE "verdict" IS NOT NULL;--> statement-breakpoint
-- Whatever is new about a contract is due by its clock from now on, which alone is asked for what waits.
UPDATE "contract" c SET "wake_at" = tenure_now() WHERE c.refold OR EXISTS (
  SELECT 1 FROM contract_fact f WHERE f.organization_id = c.organization_id AND f.seq > c.folded_seq);--> statement-breakpoint
UPDATE "contract" SET "seat_notices" = 1 WHERE over_seats_since IS NOT NULL;--> statement-breakpoint
ALTER TABLE "contract" FORCE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "contract_fact" FORCE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE INDEX "contract_fact_verdict_idx" ON "contract_fact" USING btree ("organization_id","verdict_on","verdict","verdict_at") WHERE verdict is not null;--> statement-breakpoint

-- The engine is who may make grants: the system's role, and the owner, whoever's name a transaction bears. A connection of the
-- application that names nobody is nobody, and not the engine.
CREATE FUNCTION tenure_is_engine() RETURNS boolean LANGUAGE sql STABLE SET search_path = public, pg_temp
AS $$ SELECT has_table_privilege(session_user, 'public.access_grant', 'INSERT') $$;--> statement-breakpoint
CREATE FUNCTION guard_somebody() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  IF tenure_person() IS NULL AND NOT tenure_is_engine() THEN
    RAISE EXCEPTION 'this is written by somebody' USING ERRCODE = 'TN020';
  END IF;
  RETURN NULL;
END $$;--> statement-breakpoint
-- Once for a statement: what a source has signed (events), and a link that was sent, come without a person; nothing else does.
DO $$
DECLARE
  written text;
BEGIN
  FOREACH written IN ARRAY ARRAY['organization', 'person', 'person_role', 'membership', 'process', 'process_person', 'fence', 'fence_item',
    'task', 'import_run', 'catalog_revision', 'role', 'entitlement', 'resource', 'tier', 'target', 'event_source', 'access_request', 'stage',
    'decision', 'ending', 'access_grant', 'review_line', 'found_account', 'account_name', 'account_search']
  LOOP
    EXECUTE format('CREATE TRIGGER guard_somebody BEFORE INSERT OR UPDATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION guard_somebody()', written);
  END LOOP;
END $$;--> statement-breakpoint

-- What the catalog and its sources are is written by whoever manages access.
CREATE FUNCTION guard_configured() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  IF NOT tenure_is_engine() AND NOT tenure_has_duty(tenure_person(), 'manage-access', tenure_vendor()) THEN
    RAISE EXCEPTION 'this is configured by other people' USING ERRCODE = 'TN020';
  END IF;
  RETURN NULL;
END $$;--> statement-breakpoint
DO $$
DECLARE
  written text;
BEGIN
  FOREACH written IN ARRAY ARRAY['role', 'entitlement', 'resource', 'tier', 'event_source', 'import_run']
  LOOP
    EXECUTE format('CREATE TRIGGER guard_configured BEFORE INSERT OR UPDATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION guard_configured()', written);
  END LOOP;
END $$;--> statement-breakpoint

-- Who a person is and where they work decides about access. With the application's eyes it is written by whoever manages these
-- people and never about oneself but for one's name and title; suspending and leaving happen now, in that order, and are
-- taken back whole. A fence's suspension also whoever releases fences lifts or imposes. Nobody moves to another organization.
DROP TRIGGER guard_leaving ON person;--> statement-breakpoint
DROP FUNCTION guard_leaving();--> statement-breakpoint
CREATE FUNCTION guard_person() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  doing text := tenure_person();
  silent text[] := ARRAY['name', 'title'];
BEGIN
  IF TG_OP = 'UPDATE' AND (NEW.id, NEW.organization_id) IS DISTINCT FROM (OLD.id, OLD.organization_id) THEN
    RAISE EXCEPTION 'a person stays who they are' USING ERRCODE = 'TN024';
  END IF;
  IF tenure_is_engine() AND doing IS NULL OR TG_OP = 'UPDATE' AND NEW IS NOT DISTINCT FROM OLD THEN RETURN NEW; END IF;
  IF NOT tenure_manages(doing, NEW.organization_id) AND NOT (TG_OP = 'UPDATE'
       AND (to_jsonb(NEW) - 'suspended_at') IS NOT DISTINCT FROM (to_jsonb(OLD) - 'suspended_at')
       AND tenure_has_duty(doing, 'release-fences', tenure_vendor())) THEN
    RAISE EXCEPTION 'the access of these people is managed by others' USING ERRCODE = 'TN020';
  END IF;
  IF TG_OP = 'INSERT' THEN RETURN NEW; END IF;
  IF NEW.id = doing AND (to_jsonb(NEW) - silent) IS DISTINCT FROM (to_jsonb(OLD) - silent) THEN
    RAISE EXCEPTION 'nobody gives themselves access' USING ERRCODE = 'TN021';
  END IF;
  IF NEW.suspended_at IS DISTINCT FROM OLD.suspended_at AND NEW.suspended_at IS NOT NULL
       AND (OLD.suspended_at IS NOT NULL OR abs(extract(epoch FROM tenure_now() - NEW.suspended_at)) > 60)
     OR NEW.offboarded_at IS DISTINCT FROM OLD.offboarded_at AND NEW.offboarded_at IS NOT NULL
       AND (OLD.offboarded_at IS NOT NULL OR abs(extract(epoch FROM tenure_now() - NEW.offboarded_at)) > 60)
     OR NEW.offboarded_at IS NOT NULL AND NEW.suspended_at IS NULL THEN
    RAISE EXCEPTION 'who leaves does so now, and comes back whole' USING ERRCODE = 'TN024';
  END IF;
  RETURN NEW;
END $$;--> statement-breakpoint
CREATE TRIGGER guard_person BEFORE INSERT OR UPDATE ON person FOR EACH ROW EXECUTE FUNCTION guard_person();--> statement-breakpoint

-- A customer is made, named and placed by whoever manages access; a fence's suspension is also lifted by whoever releases fences.
DROP TRIGGER guard_customer ON organization;--> statement-breakpoint
CREATE OR REPLACE FUNCTION guard_customer() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  doing text := tenure_person();
BEGIN
  IF tenure_is_engine() AND doing IS NULL OR TG_OP = 'UPDATE' AND NEW IS NOT DISTINCT FROM OLD THEN RETURN NEW; END IF;
  IF TG_OP = 'INSERT' AND NEW.kind <> 'customer' OR NOT tenure_has_duty(doing, 'manage-access', tenure_vendor())
     AND NOT (TG_OP = 'UPDATE' AND (to_jsonb(NEW) - 'suspended_at') IS NOT DISTINCT FROM (to_jsonb(OLD) - 'suspended_at')
       AND tenure_has_duty(doing, 'release-fences', tenure_vendor())) THEN
    RAISE EXCEPTION 'customers are managed by other people' USING ERRCODE = 'TN020';
  END IF;
  RETURN NEW;
END $$;--> statement-breakpoint
CREATE TRIGGER guard_customer BEFORE INSERT OR UPDATE ON organization FOR EACH ROW EXECUTE FUNCTION guard_customer();--> statement-breakpoint
REVOKE EXECUTE ON FUNCTION guard_somebody(), guard_configured(), guard_person() FROM PUBLIC;
