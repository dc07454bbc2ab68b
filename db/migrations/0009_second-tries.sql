-- A fence is open while anything waits behind it; what a process was to do that is over waits no more.
CREATE OR REPLACE FUNCTION guard_fence() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  IF (to_jsonb(NEW) - 'closed_at') IS DISTINCT FROM (to_jsonb(OLD) - 'closed_at') OR OLD.closed_at IS NOT NULL THEN
    RAISE EXCEPTION 'a fence stays what it is' USING ERRCODE = 'TN023';
  END IF;
  IF NEW.closed_at IS NOT NULL AND EXISTS (
       SELECT 1 FROM fence_item i JOIN process s ON s.id = i.process_id WHERE i.fence_id = NEW.id AND i.state = 'waiting'
         AND s.state IN ('waiting', 'fenced', 'running', 'confirming', 'undoing')) THEN
    RAISE EXCEPTION 'something waits behind this fence' USING ERRCODE = 'TN023';
  END IF;
  RETURN NEW;
END $$;--> statement-breakpoint

-- Whoever manages the access of these people tries again what failed with it, and closes what told of it.
CREATE OR REPLACE FUNCTION guard_task() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  doing text := tenure_person();
BEGIN
  IF OLD.closed_at IS NOT NULL THEN
    RAISE EXCEPTION 'this task is closed' USING ERRCODE = 'TN003';
  END IF;
  IF doing IS NULL OR NEW.closed_at IS NULL THEN RETURN NEW; END IF;
  IF NEW.closed_by IS DISTINCT FROM doing OR NEW.kind IN ('rollback', 'overdue')
     OR NOT (OLD.owner_person_id = doing OR tenure_has_duty(doing, 'manage-access', tenure_vendor())
       OR NEW.kind IN ('onboarding', 'role-change') AND tenure_manages(doing, NEW.holder_organization_id)) THEN
    RAISE EXCEPTION 'this task is for other people' USING ERRCODE = 'TN020';
  END IF;
  NEW.closed_at := tenure_now();
  RETURN NEW;
END $$;
