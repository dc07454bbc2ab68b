CREATE INDEX "task_process_idx" ON "task" USING btree ("process_id") WHERE process_id is not null;--> statement-breakpoint

-- Nobody gains anything while they leave: whoever gives holds the person's row against whoever takes it all away, so that one
-- of the two sees the other. It does not wait for it: who takes away may be waiting for what the giver holds. Trying again helps.
CREATE FUNCTION tenure_may_gain(the_person text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  is_active boolean;
BEGIN
  SELECT suspended_at IS NULL AND offboarded_at IS NULL INTO is_active FROM person WHERE id = the_person FOR SHARE NOWAIT;
  RETURN coalesce(is_active, false);
END $$;--> statement-breakpoint
REVOKE EXECUTE ON FUNCTION tenure_may_gain(text) FROM PUBLIC;--> statement-breakpoint

-- A request's grant needs approvals of people who still count; a standing one a process that is at work on this very person.
CREATE OR REPLACE FUNCTION guard_grant_birth() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  asked access_request;
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

-- Suspending and taking back, and what a customer's contract says of it, belong to whoever manages access; a fence's
-- suspension also to whoever releases fences. Nobody's eyes are on where the engine writes.
CREATE FUNCTION guard_leaving() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  doing text := tenure_person();
BEGIN
  IF doing IS NULL OR (NEW.suspended_at, NEW.offboarded_at) IS NOT DISTINCT FROM (OLD.suspended_at, OLD.offboarded_at) THEN RETURN NEW; END IF;
  IF NOT tenure_manages(doing, NEW.organization_id)
     AND NOT (NEW.offboarded_at IS NOT DISTINCT FROM OLD.offboarded_at AND tenure_has_duty(doing, 'release-fences', tenure_vendor())) THEN
    RAISE EXCEPTION 'the access of these people is managed by others' USING ERRCODE = 'TN020';
  END IF;
  RETURN NEW;
END $$;--> statement-breakpoint
CREATE TRIGGER guard_leaving BEFORE UPDATE OF suspended_at, offboarded_at ON person FOR EACH ROW EXECUTE FUNCTION guard_leaving();--> statement-breakpoint
CREATE FUNCTION guard_customer() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  doing text := tenure_person();
BEGIN
  IF doing IS NULL OR (NEW.suspended_at, NEW.offboarded_at, NEW.tier_key, NEW.region)
     IS NOT DISTINCT FROM (OLD.suspended_at, OLD.offboarded_at, OLD.tier_key, OLD.region) THEN RETURN NEW; END IF;
  IF NOT tenure_has_duty(doing, 'manage-access', tenure_vendor())
     AND NOT ((NEW.offboarded_at, NEW.tier_key, NEW.region) IS NOT DISTINCT FROM (OLD.offboarded_at, OLD.tier_key, OLD.region)
       AND tenure_has_duty(doing, 'release-fences', tenure_vendor())) THEN
    RAISE EXCEPTION 'customers are managed by other people' USING ERRCODE = 'TN020';
  END IF;
  RETURN NEW;
END $$;--> statement-breakpoint
CREATE TRIGGER guard_customer BEFORE UPDATE OF suspended_at, offboarded_at, tier_key, region ON organization
  FOR EACH ROW EXECUTE FUNCTION guard_customer();--> statement-breakpoint

-- What is left of an offboarding keeps it open. People move a process only to its end: by closing what was left of it, or by
-- discarding what has not begun.
CREATE FUNCTION guard_process_end() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  doing text := tenure_person();
BEGIN
  IF NEW.state = OLD.state THEN RETURN NEW; END IF;
  IF NEW.state = 'done' AND EXISTS (SELECT 1 FROM task WHERE process_id = NEW.id AND kind = 'residue' AND closed_at IS NULL) THEN
    RAISE EXCEPTION 'something is left of this process' USING ERRCODE = 'TN022';
  END IF;
  IF doing IS NOT NULL AND (OLD.state, NEW.state) <> ('residue', 'done')
     AND NOT (OLD.state IN ('waiting', 'fenced') AND NEW.state = 'discarded' AND tenure_manages(doing, NEW.organization_id)) THEN
    RAISE EXCEPTION 'processes are carried out by the engine' USING ERRCODE = 'TN020';
  END IF;
  RETURN NEW;
END $$;--> statement-breakpoint
CREATE TRIGGER guard_process_end BEFORE UPDATE OF state ON process FOR EACH ROW EXECUTE FUNCTION guard_process_end();--> statement-breakpoint

-- A fence stays what it is, and is open while anything waits behind it.
CREATE FUNCTION guard_fence() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  IF (to_jsonb(NEW) - 'closed_at') IS DISTINCT FROM (to_jsonb(OLD) - 'closed_at') OR OLD.closed_at IS NOT NULL THEN
    RAISE EXCEPTION 'a fence stays what it is' USING ERRCODE = 'TN023';
  END IF;
  IF NEW.closed_at IS NOT NULL AND EXISTS (SELECT 1 FROM fence_item WHERE fence_id = NEW.id AND state = 'waiting') THEN
    RAISE EXCEPTION 'something waits behind this fence' USING ERRCODE = 'TN023';
  END IF;
  RETURN NEW;
END $$;--> statement-breakpoint
CREATE TRIGGER guard_fence BEFORE UPDATE ON fence FOR EACH ROW EXECUTE FUNCTION guard_fence();--> statement-breakpoint

-- A person closes a task that is theirs or that they manage, once, in their own name, and only one of those that people close.
CREATE FUNCTION guard_task() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  doing text := tenure_person();
BEGIN
  IF OLD.closed_at IS NOT NULL THEN
    RAISE EXCEPTION 'this task is closed' USING ERRCODE = 'TN003';
  END IF;
  IF doing IS NULL OR NEW.closed_at IS NULL THEN RETURN NEW; END IF;
  IF NEW.closed_by IS DISTINCT FROM doing OR NEW.kind IN ('rollback', 'overdue')
     OR NOT (OLD.owner_person_id = doing OR tenure_has_duty(doing, 'manage-access', tenure_vendor())) THEN
    RAISE EXCEPTION 'this task is for other people' USING ERRCODE = 'TN020';
  END IF;
  NEW.closed_at := tenure_now();
  RETURN NEW;
END $$;--> statement-breakpoint
CREATE TRIGGER guard_task BEFORE UPDATE OF closed_at, closed_by, comment ON task FOR EACH ROW EXECUTE FUNCTION guard_task();--> statement-breakpoint
CREATE TRIGGER no_delete BEFORE DELETE ON task FOR EACH ROW EXECUTE FUNCTION refuse_change();--> statement-breakpoint

-- Whoever owns a task sees it, whosever data it is about; the vendor those about the processes that it runs.
DROP POLICY tenant ON task;--> statement-breakpoint
CREATE POLICY tenant ON task USING ((SELECT tenure_reaches_all())
  OR organization_id = (SELECT tenure_organization()) OR holder_organization_id = (SELECT tenure_organization())
  OR owner_person_id = (SELECT tenure_person())
  OR process_id IS NOT NULL AND (SELECT tenure_organization() = tenure_vendor()));--> statement-breakpoint
DO $$
DECLARE
  guard regprocedure;
BEGIN
  FOR guard IN SELECT oid FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND prorettype = 'trigger'::regtype
  LOOP
    EXECUTE format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC', guard);
  END LOOP;
END $$;
