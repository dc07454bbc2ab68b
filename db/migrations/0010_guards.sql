-- Nobody gives themselves access, and nobody gives themselves back what was ended: with somebody's eyes on, what is one's own
-- only ends, or ends sooner.
CREATE OR REPLACE FUNCTION guard_managed() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  doing text := tenure_person();
BEGIN
  IF doing IS NULL THEN RETURN NEW; END IF;
  IF NOT tenure_manages(doing, NEW.organization_id) THEN
    RAISE EXCEPTION 'the access of these people is managed by others' USING ERRCODE = 'TN020';
  END IF;
  IF NEW.person_id = doing AND (TG_OP = 'INSERT' OR coalesce(NEW.until, 'infinity') > coalesce(OLD.until, 'infinity')) THEN
    RAISE EXCEPTION 'nobody gives themselves access' USING ERRCODE = 'TN021';
  END IF;
  RETURN NEW;
END $$;--> statement-breakpoint

-- A process is what it was made for; who asks for one must manage those it is about, and asks for nothing for themselves but to
-- leave. What a contract, the configuration or a feed sets off only the vendor's own people ask for: a customer's administrator
-- asks about one user of theirs at a time, and says nothing of tiers and terms.
CREATE OR REPLACE FUNCTION guard_process() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    IF NEW.state <> 'waiting' THEN
      RAISE EXCEPTION 'a process begins by waiting' USING ERRCODE = 'TN022';
    END IF;
    IF NEW.requested_by IS DISTINCT FROM coalesce(tenure_person(), NEW.requested_by) THEN
      RAISE EXCEPTION 'nobody asks in the name of another' USING ERRCODE = 'TN020';
    END IF;
    IF NEW.requested_by IS NOT NULL AND NOT tenure_manages(NEW.requested_by, NEW.organization_id) THEN
      RAISE EXCEPTION 'the access of these people is managed by others' USING ERRCODE = 'TN020';
    END IF;
    IF NEW.requested_by = NEW.person_id AND NEW.kind <> 'offboarding' THEN
      RAISE EXCEPTION 'nobody gives themselves access' USING ERRCODE = 'TN021';
    END IF;
    IF tenure_person() IS NOT NULL AND NOT tenure_has_duty(tenure_person(), 'manage-access', tenure_vendor())
       AND (NEW.cause <> 'administrator' OR NEW.source IS NOT NULL OR NEW.wish ?| ARRAY['terms', 'again', 'effects', 'revision']
         OR NOT EXISTS (SELECT 1 FROM person p WHERE p.id = NEW.person_id AND p.organization_id = NEW.organization_id)) THEN
      RAISE EXCEPTION 'this is asked for by other people' USING ERRCODE = 'TN020';
    END IF;
    RETURN NEW;
  END IF;
  IF (NEW.id, NEW.kind, NEW.organization_id, NEW.person_id, NEW.cause, NEW.source, NEW.wish, NEW.requested_by, NEW.reason, NEW.created_at)
     IS DISTINCT FROM (OLD.id, OLD.kind, OLD.organization_id, OLD.person_id, OLD.cause, OLD.source, OLD.wish, OLD.requested_by, OLD.reason, OLD.created_at) THEN
    RAISE EXCEPTION 'a process stays what it is' USING ERRCODE = 'TN022';
  END IF;
  IF NEW.state <> OLD.state AND NOT (
       (OLD.state = 'waiting' AND NEW.state IN ('fenced', 'running', 'discarded', 'done'))
    OR (OLD.state = 'fenced' AND NEW.state IN ('running', 'discarded', 'done'))
    OR (OLD.state = 'running' AND NEW.state IN ('fenced', 'confirming', 'undoing', 'done', 'residue', 'failed', 'discarded'))
    OR (OLD.state = 'confirming' AND NEW.state IN ('running', 'done', 'residue', 'discarded'))
    OR (OLD.state = 'undoing' AND NEW.state IN ('failed', 'residue'))
    OR (OLD.state = 'residue' AND NEW.state = 'done')) THEN
    RAISE EXCEPTION 'a process that is % does not become %', OLD.state, NEW.state USING ERRCODE = 'TN022';
  END IF;
  RETURN NEW;
END $$;--> statement-breakpoint

-- What a role allows in Tenure itself says the catalog, and with somebody's eyes on only whoever manages access changes it.
CREATE FUNCTION guard_duties() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  doing text := tenure_person();
BEGIN
  IF doing IS NOT NULL AND NOT tenure_has_duty(doing, 'manage-access', tenure_vendor()) THEN
    RAISE EXCEPTION 'roles are changed by other people' USING ERRCODE = 'TN020';
  END IF;
  RETURN NEW;
END $$;--> statement-breakpoint
REVOKE EXECUTE ON FUNCTION guard_duties() FROM PUBLIC;--> statement-breakpoint
CREATE TRIGGER guard_new_duties BEFORE INSERT ON role FOR EACH ROW WHEN (NEW.duties <> '{}') EXECUTE FUNCTION guard_duties();--> statement-breakpoint
CREATE TRIGGER guard_duties BEFORE UPDATE ON role FOR EACH ROW
  WHEN ((NEW.id, NEW.key, NEW.duties) IS DISTINCT FROM (OLD.id, OLD.key, OLD.duties)) EXECUTE FUNCTION guard_duties();
