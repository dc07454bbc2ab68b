ALTER TABLE "access_request" ADD COLUMN "tried_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "access_request" ADD COLUMN "reported" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "access_grant" ADD COLUMN "begun_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "access_grant" ADD COLUMN "policies" jsonb;--> statement-breakpoint
ALTER TABLE "extension" ADD COLUMN "policy_version" text;--> statement-breakpoint
ALTER TABLE "extension" ADD COLUMN "policies" jsonb;--> statement-breakpoint

-- When access began is what its audit event says. Row security would hide every row from the owner, and guards forbid to
-- touch what has ended: both are set aside for this statement. The check after it fails if one that is held was missed.
ALTER TABLE "access_grant" DISABLE TRIGGER USER, NO FORCE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "audit_event" NO FORCE ROW LEVEL SECURITY;--> statement-breakpoint
UPDATE "access_grant" g SET "begun_at" = e.occurred_at FROM "audit_event" e
WHERE e.grant_id = g.id AND e.type = 'grant.begun' AND g.state IN ('held', 'ended');--> statement-breakpoint
ALTER TABLE "audit_event" FORCE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "access_grant" ENABLE TRIGGER USER, FORCE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "access_grant" ADD CONSTRAINT "access_grant_begun" CHECK (case state when 'held' then begun_at is not null when 'ended' then true else begun_at is null end);--> statement-breakpoint

-- Promise 4: an end comes once and stays; after access began only an approved extension moves `until`. An end is ordered
-- for now, not for later, and access that began is never said not to have been.
CREATE OR REPLACE FUNCTION guard_grant_life() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  IF OLD.state IN ('ended', 'failed') AND (to_jsonb(NEW) - 'overdue_alerted') IS DISTINCT FROM (to_jsonb(OLD) - 'overdue_alerted') THEN
    RAISE EXCEPTION 'what has ended stays ended' USING ERRCODE = 'TN013';
  END IF;
  IF OLD.end_at IS NOT NULL AND (NEW.end_at, NEW.end_order, NEW.end_ordered_by)
     IS DISTINCT FROM (OLD.end_at, OLD.end_order, OLD.end_ordered_by) THEN
    RAISE EXCEPTION 'an end that was ordered stays ordered' USING ERRCODE = 'TN013';
  END IF;
  IF OLD.end_at IS NULL AND NEW.end_at IS NOT NULL AND (NEW.end_at > tenure_now()
     OR NEW.end_order NOT IN ('return', 'revocation', 'cancellation', 'offboarding', 'rollback', 'engine')
     OR OLD.state = 'held' AND NEW.end_order IN ('cancellation', 'rollback')) THEN
    RAISE EXCEPTION 'this is no order to end' USING ERRCODE = 'TN013';
  END IF;
  IF OLD.state = 'held' AND NEW.state = 'provisioning' THEN
    RAISE EXCEPTION 'access that began does not begin again' USING ERRCODE = 'TN013';
  END IF;
  IF OLD.state = 'provisioning' AND NEW.state = 'held' THEN
    NEW.begun_at := tenure_now();
  ELSIF NEW.begun_at IS DISTINCT FROM OLD.begun_at OR OLD.state = 'held' AND NEW."from" <> OLD."from" THEN
    RAISE EXCEPTION 'access began when it began' USING ERRCODE = 'TN013';
  END IF;
  IF OLD.state = 'held' AND NEW.until <> OLD.until AND NOT EXISTS (
       SELECT 1 FROM extension e JOIN access_request r ON r.id = e.request_id
       WHERE e.grant_id = NEW.id AND e.former_until = OLD.until AND e.until = NEW.until AND r.state = 'approved'
         AND r.kind = 'extension' AND r.extends_request_id = NEW.request_id
         AND e.until <= e.former_until + r.period_ms * interval '1 millisecond'
         AND NOT EXISTS (SELECT 1 FROM stage s WHERE s.request_id = r.id AND s.needed > (
           SELECT count(*) FROM decision d WHERE d.stage_id = s.id AND d.decision = 'approve'))) THEN
    RAISE EXCEPTION 'only an approved extension moves the end' USING ERRCODE = 'TN013';
  END IF;
  IF (NEW.id, NEW.request_id, NEW.origin, NEW.person_id, NEW.organization_id, NEW.holder_organization_id, NEW.resource_id,
      NEW.entitlement_id, NEW.account) IS DISTINCT FROM
     (OLD.id, OLD.request_id, OLD.origin, OLD.person_id, OLD.organization_id, OLD.holder_organization_id, OLD.resource_id,
      OLD.entitlement_id, OLD.account) THEN
    RAISE EXCEPTION 'a grant stays what it is' USING ERRCODE = 'TN013';
  END IF;
  RETURN NEW;
END $$;--> statement-breakpoint

-- What was said when asking includes whether it is reported; when it was first tried is said once.
DROP TRIGGER guard_request_words ON access_request;--> statement-breakpoint
CREATE TRIGGER guard_request_words BEFORE UPDATE OF id, reference, kind, extends_request_id, replaces_request_id, person_id,
  requested_by, organization_id, holder_organization_id, resource_id, entitlement_id, period, period_ms, starts_at,
  justification, ticket, assurance, asked_at, lapses_at, longest, policy_version, policies, reported, digest ON access_request
  FOR EACH ROW EXECUTE FUNCTION guard_request_words();--> statement-breakpoint
CREATE TRIGGER guard_request_tried BEFORE UPDATE OF tried_at ON access_request FOR EACH ROW
  WHEN (OLD.tried_at IS NOT NULL AND NEW.tried_at IS DISTINCT FROM OLD.tried_at) EXECUTE FUNCTION guard_request_words();--> statement-breakpoint

-- Nothing that was recorded goes at a stroke.
DO $$
DECLARE
  record text;
BEGIN
  FOREACH record IN ARRAY ARRAY['stage', 'ending', 'access_grant', 'access_request', 'extension', 'audit_text']
  LOOP
    EXECUTE format('CREATE TRIGGER no_truncate BEFORE TRUNCATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()', record);
  END LOOP;
END $$;--> statement-breakpoint

-- The change table notes changed facts. Who looked at a request and how often an end was tried is no fact: the engine's
-- repair and the reaper write that every few seconds, for ever.
DROP TRIGGER note_change ON access_request;--> statement-breakpoint
CREATE TRIGGER note_change AFTER INSERT OR DELETE ON access_request FOR EACH ROW EXECUTE FUNCTION note_change_by_id();--> statement-breakpoint
CREATE TRIGGER note_changed_fact AFTER UPDATE ON access_request FOR EACH ROW
  WHEN ((OLD.state, OLD.settled_at, OLD.tried_at, OLD.last_error)
    IS DISTINCT FROM (NEW.state, NEW.settled_at, NEW.tried_at, NEW.last_error))
  EXECUTE FUNCTION note_change_by_id();--> statement-breakpoint
DROP TRIGGER note_change ON access_grant;--> statement-breakpoint
CREATE TRIGGER note_change AFTER INSERT OR DELETE ON access_grant FOR EACH ROW EXECUTE FUNCTION note_change_by_id();--> statement-breakpoint
CREATE TRIGGER note_changed_fact AFTER UPDATE ON access_grant FOR EACH ROW
  WHEN ((OLD.state, OLD."from", OLD.until, OLD.end_at, OLD.begun_at, OLD.ended_at, OLD.policy_version, OLD.policies,
      OLD.last_error, OLD.credential_shown_at, OLD.overdue_alerted)
    IS DISTINCT FROM (NEW.state, NEW."from", NEW.until, NEW.end_at, NEW.begun_at, NEW.ended_at, NEW.policy_version, NEW.policies,
      NEW.last_error, NEW.credential_shown_at, NEW.overdue_alerted))
  EXECUTE FUNCTION note_change_by_id();--> statement-breakpoint
CREATE TRIGGER note_change AFTER INSERT OR UPDATE OR DELETE ON stage FOR EACH ROW EXECUTE FUNCTION note_change_by_request_id();--> statement-breakpoint

-- A trigger's function runs with its owner's rights wherever it is attached, and everybody may attach one to a table of
-- their own. Firing needs no right to execute; only making a trigger does.
DO $$
DECLARE
  guard regprocedure;
BEGIN
  FOR guard IN SELECT oid FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND prorettype = 'trigger'::regtype
  LOOP
    EXECUTE format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC', guard);
  END LOOP;
END $$;
