-- What must hold whoever writes. SQLSTATEs of class TN are mapped to problems in db/errors.ts.

-- A person holds a role in an organization now.
CREATE FUNCTION tenure_holds_role(the_person text, the_role text, the_organization text) RETURNS boolean
LANGUAGE sql STABLE AS $$
  SELECT EXISTS (
    SELECT 1 FROM person_role held JOIN person p ON p.id = held.person_id
    WHERE held.person_id = the_person AND held.role_id = the_role AND held.organization_id = the_organization
      AND held."from" <= tenure_now() AND (held.until IS NULL OR held.until > tenure_now())
      AND p.suspended_at IS NULL AND p.organization_id = the_organization
      AND (p.ends_at IS NULL OR p.ends_at > tenure_now()))
$$;--> statement-breakpoint

-- Promise 6: no one decides alone on what is theirs; a decision belongs to a waiting request and an open stage.
CREATE FUNCTION guard_decision() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  asked access_request;
  the_stage stage;
  approvals integer;
BEGIN
  SELECT * INTO asked FROM access_request WHERE id = NEW.request_id FOR NO KEY UPDATE;
  SELECT * INTO the_stage FROM stage WHERE id = NEW.stage_id;
  IF the_stage.request_id IS DISTINCT FROM NEW.request_id THEN
    RAISE EXCEPTION 'the stage is not one of this request' USING ERRCODE = 'TN002';
  END IF;
  IF NEW.person_id IN (asked.person_id, asked.requested_by) THEN
    RAISE EXCEPTION 'nobody decides on their own request' USING ERRCODE = 'TN001';
  END IF;
  IF NOT tenure_holds_role(NEW.person_id, the_stage.role_id, the_stage.organization_id) THEN
    RAISE EXCEPTION 'the stage belongs to other people' USING ERRCODE = 'TN002';
  END IF;
  IF EXISTS (SELECT 1 FROM decision WHERE request_id = NEW.request_id AND person_id = NEW.person_id) THEN
    RAISE EXCEPTION 'this person has decided already' USING ERRCODE = 'TN003';
  END IF;
  IF asked.state <> 'waiting' OR asked.lapses_at <= tenure_now() OR the_stage.lapses_at <= tenure_now() THEN
    RAISE EXCEPTION 'the request no longer waits' USING ERRCODE = 'TN004';
  END IF;
  SELECT count(*) INTO approvals FROM decision WHERE stage_id = NEW.stage_id AND decision = 'approve';
  IF approvals >= the_stage.needed THEN
    RAISE EXCEPTION 'the stage is decided' USING ERRCODE = 'TN003';
  END IF;
  IF NEW.request_digest <> asked.digest THEN
    RAISE EXCEPTION 'the decision is about something else' USING ERRCODE = 'TN004';
  END IF;
  NEW.decided_at := tenure_now();
  RETURN NEW;
END $$;--> statement-breakpoint
CREATE TRIGGER guard_decision BEFORE INSERT ON decision FOR EACH ROW EXECUTE FUNCTION guard_decision();--> statement-breakpoint

-- Requests, stages, decisions and endings are what was said: they do not change afterwards.
CREATE FUNCTION guard_request() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (to_jsonb(NEW) - ARRAY['state', 'settled_at', 'last_error', 'engine_run', 'engine_checked_at'])
     IS DISTINCT FROM (to_jsonb(OLD) - ARRAY['state', 'settled_at', 'last_error', 'engine_run', 'engine_checked_at']) THEN
    RAISE EXCEPTION 'a request is immutable: cancel it and ask anew' USING ERRCODE = 'TN010';
  END IF;
  IF NEW.state <> OLD.state AND NOT (
       (OLD.state = 'waiting' AND NEW.state IN ('approved', 'denied', 'lapsed', 'cancelled', 'refused'))
    OR (OLD.state = 'approved' AND NEW.state IN ('granted', 'cancelled', 'refused', 'failed'))) THEN
    RAISE EXCEPTION 'a request that is % does not become %', OLD.state, NEW.state USING ERRCODE = 'TN010';
  END IF;
  RETURN NEW;
END $$;--> statement-breakpoint
CREATE TRIGGER guard_request BEFORE UPDATE ON access_request FOR EACH ROW EXECUTE FUNCTION guard_request();--> statement-breakpoint

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'TN011';
END $$;--> statement-breakpoint
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON stage FOR EACH ROW EXECUTE FUNCTION refuse_change();--> statement-breakpoint
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON decision FOR EACH ROW EXECUTE FUNCTION refuse_change();--> statement-breakpoint
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON ending FOR EACH ROW EXECUTE FUNCTION refuse_change();--> statement-breakpoint
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON audit_event FOR EACH ROW EXECUTE FUNCTION refuse_change();--> statement-breakpoint
CREATE TRIGGER no_truncate BEFORE TRUNCATE ON audit_event FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();--> statement-breakpoint
CREATE TRIGGER no_truncate BEFORE TRUNCATE ON decision FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();--> statement-breakpoint
CREATE TRIGGER no_delete BEFORE DELETE ON access_request FOR EACH ROW EXECUTE FUNCTION refuse_change();--> statement-breakpoint
CREATE TRIGGER no_delete BEFORE DELETE ON access_grant FOR EACH ROW EXECUTE FUNCTION refuse_change();--> statement-breakpoint
CREATE TRIGGER no_delete BEFORE DELETE ON extension FOR EACH ROW EXECUTE FUNCTION refuse_change();--> statement-breakpoint

-- Beside an event only forgetting is possible: the words go, the row stays.
CREATE FUNCTION guard_audit_text() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' OR NEW.event_id <> OLD.event_id
     OR NEW.salt IS NOT NULL OR NEW.actor_name IS NOT NULL OR NEW.reason IS NOT NULL OR NEW.forgotten_at IS NULL THEN
    RAISE EXCEPTION 'what stands beside an audit event can only be forgotten' USING ERRCODE = 'TN011';
  END IF;
  RETURN NEW;
END $$;--> statement-breakpoint
CREATE TRIGGER guard_audit_text BEFORE UPDATE OR DELETE ON audit_text FOR EACH ROW EXECUTE FUNCTION guard_audit_text();--> statement-breakpoint

-- A request's grant exists only when all its stages have their approvals, and lasts no longer than was asked.
CREATE FUNCTION guard_grant_birth() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  asked access_request;
BEGIN
  IF NEW.state <> 'provisioning' THEN
    RAISE EXCEPTION 'a grant begins as an intent' USING ERRCODE = 'TN012';
  END IF;
  IF NEW.origin <> 'request' THEN RETURN NEW; END IF;
  SELECT * INTO asked FROM access_request WHERE id = NEW.request_id;
  IF asked.kind <> 'access' OR asked.state <> 'approved'
     OR (asked.person_id, asked.resource_id, asked.entitlement_id, asked.organization_id, asked.holder_organization_id)
        IS DISTINCT FROM (NEW.person_id, NEW.resource_id, NEW.entitlement_id, NEW.organization_id, NEW.holder_organization_id)
     OR EXISTS (SELECT 1 FROM decision d WHERE d.request_id = asked.id AND d.decision = 'deny')
     OR EXISTS (SELECT 1 FROM stage s WHERE s.request_id = asked.id AND s.needed > (
          SELECT count(*) FROM decision d WHERE d.stage_id = s.id AND d.decision = 'approve')) THEN
    RAISE EXCEPTION 'no grant without its approvals' USING ERRCODE = 'TN012';
  END IF;
  RETURN NEW;
END $$;--> statement-breakpoint
CREATE TRIGGER guard_grant_birth BEFORE INSERT ON access_grant FOR EACH ROW EXECUTE FUNCTION guard_grant_birth();--> statement-breakpoint

CREATE FUNCTION guard_grant_span() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  IF NEW.origin = 'request' AND 'provisioning' IN (NEW.state, coalesce(OLD.state, NEW.state)) AND NEW.until > NEW."from" + (
       SELECT period_ms * interval '1 millisecond' FROM access_request WHERE id = NEW.request_id) THEN
    RAISE EXCEPTION 'a grant lasts no longer than was approved' USING ERRCODE = 'TN012';
  END IF;
  RETURN NEW;
END $$;--> statement-breakpoint
CREATE TRIGGER guard_grant_span BEFORE INSERT OR UPDATE OF "from", until ON access_grant
  FOR EACH ROW EXECUTE FUNCTION guard_grant_span();--> statement-breakpoint

-- Promise 4: an end comes once and stays; after access began only an approved extension moves `until`.
CREATE FUNCTION guard_grant_life() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  IF OLD.state IN ('ended', 'failed') AND (to_jsonb(NEW) - 'overdue_alerted') IS DISTINCT FROM (to_jsonb(OLD) - 'overdue_alerted') THEN
    RAISE EXCEPTION 'what has ended stays ended' USING ERRCODE = 'TN013';
  END IF;
  IF OLD.end_at IS NOT NULL AND (NEW.end_at, NEW.end_order) IS DISTINCT FROM (OLD.end_at, OLD.end_order) THEN
    RAISE EXCEPTION 'an end that was ordered stays ordered' USING ERRCODE = 'TN013';
  END IF;
  IF OLD.state = 'held' AND NEW.state = 'provisioning' THEN
    RAISE EXCEPTION 'access that began does not begin again' USING ERRCODE = 'TN013';
  END IF;
  IF OLD.state = 'held' AND NEW."from" <> OLD."from" THEN
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
CREATE TRIGGER guard_grant_life BEFORE UPDATE ON access_grant FOR EACH ROW EXECUTE FUNCTION guard_grant_life();--> statement-breakpoint

-- The change table behind every fact.
CREATE FUNCTION note_change() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  line jsonb;
BEGIN
  IF TG_OP = 'DELETE' THEN line := to_jsonb(OLD); ELSE line := to_jsonb(NEW); END IF;
  INSERT INTO change (table_name, row_id, operation)
  VALUES (TG_TABLE_NAME, coalesce(line ->> TG_ARGV[0], ''), TG_OP);
  RETURN NULL;
END $$;--> statement-breakpoint
DO $$
DECLARE
  fact text[];
BEGIN
  FOREACH fact SLICE 1 IN ARRAY ARRAY[
    ['organization', 'id'], ['person', 'id'], ['person_role', 'person_id'], ['source_identity', 'person_id'], ['role', 'id'],
    ['role_inclusion', 'role_id'], ['role_entitlement', 'role_id'], ['tier', 'key'], ['tier_role', 'tier_key'],
    ['resource', 'id'], ['entitlement', 'id'], ['target', 'key'], ['catalog_revision', 'number'], ['policy_version', 'version'],
    ['access_request', 'id'], ['decision', 'request_id'], ['access_grant', 'id'], ['extension', 'request_id'], ['ending', 'id'],
    ['task', 'id']]
  LOOP
    EXECUTE format('CREATE TRIGGER note_change AFTER INSERT OR UPDATE OR DELETE ON %I FOR EACH ROW EXECUTE FUNCTION note_change(%L)',
      fact[1], fact[2]);
  END LOOP;
END $$;
