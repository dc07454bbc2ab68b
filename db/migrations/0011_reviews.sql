CREATE TABLE "review_line" (
	"id" text PRIMARY KEY NOT NULL,
	"person_id" text NOT NULL,
	"organization_id" text NOT NULL,
	"role" text,
	"reviewer" text NOT NULL,
	"reason" text NOT NULL,
	"at" timestamp (3) with time zone DEFAULT tenure_now() NOT NULL
);
--> statement-breakpoint
ALTER TABLE "review_line" ADD CONSTRAINT "review_line_person_id_person_id_fk" FOREIGN KEY ("person_id") REFERENCES "public"."person"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "review_line" ADD CONSTRAINT "review_line_organization_id_organization_id_fk" FOREIGN KEY ("organization_id") REFERENCES "public"."organization"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "review_line" ADD CONSTRAINT "review_line_reviewer_person_id_fk" FOREIGN KEY ("reviewer") REFERENCES "public"."person"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "review_line_person_idx" ON "review_line" USING btree ("person_id","role","at");--> statement-breakpoint
ALTER TABLE "access_grant" ADD COLUMN "because" text[];--> statement-breakpoint
ALTER TABLE "renewal" ADD COLUMN "cause" text;--> statement-breakpoint
ALTER TABLE "renewal" ADD COLUMN "review_id" text;--> statement-breakpoint
ALTER TABLE "renewal" ADD CONSTRAINT "renewal_review_id_review_line_id_fk" FOREIGN KEY ("review_id") REFERENCES "public"."review_line"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint

-- Until now only the contract moved an end to a later instant. Row security would hide every row from the owner here.
ALTER TABLE "renewal" NO FORCE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "renewal" DISABLE TRIGGER USER;--> statement-breakpoint
UPDATE "renewal" SET "cause" = CASE WHEN "until" < "former_until" THEN 'shortening' ELSE 'contract' END;--> statement-breakpoint
ALTER TABLE "renewal" ENABLE TRIGGER USER;--> statement-breakpoint
ALTER TABLE "renewal" FORCE ROW LEVEL SECURITY;--> statement-breakpoint
-- Says loudly if a row was not seen.
ALTER TABLE "renewal" ALTER COLUMN "cause" SET NOT NULL;--> statement-breakpoint
ALTER TABLE "renewal" ADD CONSTRAINT "renewal_direction" CHECK ((cause = 'shortening') = (until < former_until));--> statement-breakpoint
ALTER TABLE "renewal" ADD CONSTRAINT "renewal_review" CHECK ((cause = 'review') = (review_id is not null));--> statement-breakpoint

-- A review is by somebody who manages the access of the person, in their own name, never about themselves, and about somebody
-- who is still one of ours. It is of the moment it is written in.
CREATE FUNCTION guard_review_line() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  IF NEW.reviewer IS DISTINCT FROM coalesce(tenure_person(), NEW.reviewer) THEN
    RAISE EXCEPTION 'nobody reviews in the name of another' USING ERRCODE = 'TN020';
  END IF;
  IF NEW.reviewer = NEW.person_id THEN
    RAISE EXCEPTION 'nobody reviews their own access' USING ERRCODE = 'TN021';
  END IF;
  IF NOT tenure_manages(NEW.reviewer, NEW.organization_id) THEN
    RAISE EXCEPTION 'the access of these people is managed by others' USING ERRCODE = 'TN020';
  END IF;
  IF NOT EXISTS (SELECT 1 FROM person p WHERE p.id = NEW.person_id AND p.organization_id = NEW.organization_id
       AND p.offboarded_at IS NULL) THEN
    RAISE EXCEPTION 'a review is about somebody who is here' USING ERRCODE = 'TN026';
  END IF;
  NEW.at := tenure_now();
  RETURN NEW;
END $$;--> statement-breakpoint
CREATE TRIGGER guard_review_line BEFORE INSERT ON review_line FOR EACH ROW EXECUTE FUNCTION guard_review_line();--> statement-breakpoint
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON review_line FOR EACH ROW EXECUTE FUNCTION refuse_change();--> statement-breakpoint
CREATE TRIGGER no_truncate BEFORE TRUNCATE ON review_line FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();--> statement-breakpoint
CREATE TRIGGER note_change AFTER INSERT OR UPDATE OR DELETE ON review_line FOR EACH ROW EXECUTE FUNCTION note_change_by_person_id();--> statement-breakpoint
ALTER TABLE review_line ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE review_line FORCE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE POLICY tenant ON review_line USING (organization_id = (SELECT tenure_organization())
  OR (SELECT tenure_organization() = tenure_vendor()));--> statement-breakpoint

-- When standing access was given, or last renewed: only what is newer prolongs it. A renewal that its process took back, because
-- it failed, is none.
CREATE FUNCTION tenure_standing_since(the_grant text) RETURNS timestamptz
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT greatest(g."from", (SELECT max(n.recorded_at) FROM renewal n
    WHERE n.grant_id = g.id AND n.cause <> 'shortening' AND NOT EXISTS (SELECT 1 FROM renewal b WHERE b.grant_id = n.grant_id
      AND b.process_id = n.process_id AND b.cause = 'shortening' AND b.until = n.former_until)))
  FROM access_grant g WHERE g.id = the_grant
$$;--> statement-breakpoint
-- The contract has said something: its own event, or an import of what it says.
CREATE FUNCTION tenure_is_contract_event(the_process text) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT EXISTS (SELECT 1 FROM process s WHERE s.id = the_process
    AND (s.cause = 'contract' OR s.cause = 'roster' AND s.wish->>'what' = 'contract'))
$$;--> statement-breakpoint

-- An end moves by a process at work on the grant's holder. To a later instant it moves by an event of the contract, or by a
-- line of a review of this very person that is newer than the grant and its last renewal.
CREATE FUNCTION guard_renewal() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  moved access_grant;
BEGIN
  SELECT * INTO moved FROM access_grant WHERE id = NEW.grant_id;
  IF moved.id IS NULL OR moved.request_id IS NOT NULL OR moved.ended_at IS NOT NULL OR moved.until <> NEW.former_until
     OR (moved.organization_id, moved.holder_organization_id) IS DISTINCT FROM (NEW.organization_id, NEW.holder_organization_id)
     OR NOT EXISTS (SELECT 1 FROM process s JOIN process_person w ON w.process_id = s.id
          WHERE s.id = NEW.process_id AND s.kind <> 'offboarding' AND s.state = 'running'
            AND s.organization_id = moved.holder_organization_id AND w.person_id = moved.person_id AND w.state IN ('waiting', 'applying')) THEN
    RAISE EXCEPTION 'no renewal without a process at work on the holder' USING ERRCODE = 'TN013';
  END IF;
  IF NEW.until >= NEW.former_until AND NOT coalesce(moved.until > tenure_now() AND (
       NEW.cause = 'contract' AND tenure_is_contract_event(NEW.process_id)
       OR NEW.cause = 'review' AND EXISTS (SELECT 1 FROM review_line l
            WHERE l.id = NEW.review_id AND l.person_id = moved.person_id AND l.at > tenure_standing_since(moved.id))), false) THEN
    RAISE EXCEPTION 'only a contract event or a review renews standing access' USING ERRCODE = 'TN013';
  END IF;
  NEW.recorded_at := tenure_now();
  RETURN NEW;
END $$;--> statement-breakpoint
CREATE TRIGGER guard_renewal BEFORE INSERT ON renewal FOR EACH ROW EXECUTE FUNCTION guard_renewal();--> statement-breakpoint

-- As before, and: what ran out begins again only by an event of the contract, by a review of the person, or because the role or
-- the place was given anew since.
CREATE OR REPLACE FUNCTION guard_grant_birth() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  asked access_request;
  lapsed_since timestamptz;
BEGIN
  IF NEW.state <> 'provisioning' THEN
    RAISE EXCEPTION 'a grant begins as an intent' USING ERRCODE = 'TN012';
  END IF;
  IF NOT tenure_may_gain(NEW.person_id) THEN
    RAISE EXCEPTION 'who is suspended or has left gains nothing' USING ERRCODE = 'TN012';
  END IF;
  IF NEW.origin <> 'request' THEN
    IF NOT EXISTS (
      SELECT 1 FROM process s JOIN process_person w ON w.process_id = s.id JOIN person p ON p.id = w.person_id
        JOIN organization o ON o.id = p.organization_id
      WHERE s.id = NEW.process_id AND s.kind <> 'offboarding' AND s.state = 'running' AND s.organization_id = NEW.holder_organization_id
        AND w.person_id = NEW.person_id AND w.state IN ('waiting', 'applying')
        AND p.organization_id = NEW.holder_organization_id
        AND (p.ends_at IS NULL OR p.ends_at >= NEW.until) AND o.suspended_at IS NULL) THEN
      RAISE EXCEPTION 'no standing grant without a process at work on its holder' USING ERRCODE = 'TN012';
    END IF;
    SELECT max(tenure_standing_since(g.id)) INTO lapsed_since FROM access_grant g
    WHERE g.person_id = NEW.person_id AND g.request_id IS NULL AND g.resource_id = NEW.resource_id AND g.entitlement_id = NEW.entitlement_id
      AND g.organization_id = NEW.organization_id AND g.until <= least(tenure_now(), g.end_at);
    IF lapsed_since IS NOT NULL AND NOT tenure_is_contract_event(NEW.process_id)
       AND NOT EXISTS (SELECT 1 FROM review_line l WHERE l.person_id = NEW.person_id AND l.at > lapsed_since)
       AND NOT EXISTS (SELECT 1 FROM person_role h WHERE h.person_id = NEW.person_id AND h."from" > lapsed_since)
       AND NOT EXISTS (SELECT 1 FROM membership m WHERE m.person_id = NEW.person_id AND m."from" > lapsed_since) THEN
      RAISE EXCEPTION 'what has run out waits for a review' USING ERRCODE = 'TN012';
    END IF;
    RETURN NEW;
  END IF;
  SELECT * INTO asked FROM access_request WHERE id = NEW.request_id;
  IF asked.kind <> 'access' OR asked.state <> 'approved'
     OR (asked.person_id, asked.resource_id, asked.entitlement_id, asked.organization_id, asked.holder_organization_id)
        IS DISTINCT FROM (NEW.person_id, NEW.resource_id, NEW.entitlement_id, NEW.organization_id, NEW.holder_organization_id)
     OR EXISTS (SELECT 1 FROM decision d WHERE d.request_id = asked.id AND d.decision = 'deny')
     OR EXISTS (SELECT 1 FROM stage s WHERE s.request_id = asked.id AND s.needed > (
          SELECT count(*) FROM decision d JOIN person p ON p.id = d.person_id
          WHERE d.stage_id = s.id AND d.decision = 'approve' AND p.suspended_at IS NULL AND p.offboarded_at IS NULL)) THEN
    RAISE EXCEPTION 'no grant without its approvals' USING ERRCODE = 'TN012';
  END IF;
  RETURN NEW;
END $$;--> statement-breakpoint

-- The rest of the promise: whatever its state, the end of standing access moves only with the renewal that says why; and what
-- it came by stays what it was.
CREATE FUNCTION guard_standing_end() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  IF NEW.until <> OLD.until AND NOT EXISTS (SELECT 1 FROM renewal n JOIN process s ON s.id = n.process_id
       WHERE n.grant_id = NEW.id AND n.former_until = OLD.until AND n.until = NEW.until AND s.state = 'running') THEN
    RAISE EXCEPTION 'only a renewal moves the end of standing access' USING ERRCODE = 'TN013';
  END IF;
  IF NEW.because IS DISTINCT FROM OLD.because THEN
    RAISE EXCEPTION 'a grant stays what it is' USING ERRCODE = 'TN013';
  END IF;
  RETURN NEW;
END $$;--> statement-breakpoint
CREATE TRIGGER guard_standing_end BEFORE UPDATE OF until, because ON access_grant FOR EACH ROW WHEN (OLD.request_id IS NULL)
  EXECUTE FUNCTION guard_standing_end();--> statement-breakpoint
DO $$
DECLARE
  made regprocedure;
BEGIN
  FOREACH made IN ARRAY ARRAY['guard_review_line()', 'guard_renewal()', 'guard_standing_end()', 'tenure_standing_since(text)',
    'tenure_is_contract_event(text)']::regprocedure[]
  LOOP
    EXECUTE format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC', made);
  END LOOP;
END $$;
