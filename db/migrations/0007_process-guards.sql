-- The catalog's revision says what a role includes and what a tier allows; rows that said it too were never written.
DROP TABLE "role_entitlement" CASCADE;--> statement-breakpoint
DROP TABLE "role_inclusion" CASCADE;--> statement-breakpoint
DROP TABLE "tier_role" CASCADE;--> statement-breakpoint

-- Customers and users of before this version. Row security would hide every row from the owner for these statements.
ALTER TABLE "organization" NO FORCE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "person" NO FORCE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "person_role" NO FORCE ROW LEVEL SECURITY;--> statement-breakpoint
UPDATE "organization" SET "onboarded_at" = "created_at" WHERE "kind" = 'customer';--> statement-breakpoint
INSERT INTO "contract_term" ("organization_id", "tier_key", "region", "from")
SELECT "id", "tier_key", "region", "created_at" FROM "organization" WHERE "kind" = 'customer';--> statement-breakpoint
INSERT INTO "membership" ("person_id", "organization_id", "given_roles", "origin", "from")
SELECT p."id", p."organization_id", ARRAY(SELECT r."key" FROM "person_role" h JOIN "role" r ON r."id" = h."role_id"
  WHERE h."person_id" = p."id" AND h."until" IS NULL ORDER BY r."key"), 'administrator', p."created_at"
FROM "person" p JOIN "organization" o ON o."id" = p."organization_id" WHERE o."kind" = 'customer';--> statement-breakpoint
ALTER TABLE "person_role" FORCE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "person" FORCE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "organization" FORCE ROW LEVEL SECURITY;--> statement-breakpoint

-- Which tier and region a customer had when, whoever changes them.
CREATE FUNCTION note_contract_term() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  now_is timestamptz := tenure_now();
BEGIN
  IF NEW.kind <> 'customer' OR TG_OP = 'UPDATE' AND (NEW.tier_key, NEW.region) IS NOT DISTINCT FROM (OLD.tier_key, OLD.region) THEN
    RETURN NULL;
  END IF;
  UPDATE contract_term SET until = greatest(now_is, "from") WHERE organization_id = NEW.id AND until IS NULL;
  INSERT INTO contract_term (organization_id, tier_key, region, "from") VALUES (NEW.id, NEW.tier_key, NEW.region, now_is);
  RETURN NULL;
END $$;--> statement-breakpoint
CREATE TRIGGER note_contract_term AFTER INSERT OR UPDATE OF tier_key, region ON organization
  FOR EACH ROW EXECUTE FUNCTION note_contract_term();--> statement-breakpoint

-- The key of an organization stands in addresses and files: it changes only while the customer is but heard of.
CREATE FUNCTION guard_organization() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (NEW.id, NEW.kind) IS DISTINCT FROM (OLD.id, OLD.kind) OR NEW.key <> OLD.key AND OLD.onboarded_at IS NOT NULL THEN
    RAISE EXCEPTION 'an organization keeps its key' USING ERRCODE = 'TN024';
  END IF;
  RETURN NEW;
END $$;--> statement-breakpoint
CREATE TRIGGER guard_organization BEFORE UPDATE OF id, key, kind ON organization FOR EACH ROW EXECUTE FUNCTION guard_organization();--> statement-breakpoint

-- A person does something in Tenure itself now: one of their roles has the duty.
CREATE FUNCTION tenure_has_duty(the_person text, the_duty text, the_organization text) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT EXISTS (
    SELECT 1 FROM person_role held JOIN role r ON r.id = held.role_id
    WHERE held.person_id = the_person AND the_duty = ANY (r.duties)
      AND tenure_holds_role(the_person, held.role_id, the_organization))
$$;--> statement-breakpoint
-- Whoever may manage the access of an organization's people: the vendor's operations, and a customer's own administrators.
CREATE FUNCTION tenure_manages(the_person text, the_organization text) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT tenure_has_duty(the_person, 'manage-access', tenure_vendor())
    OR tenure_has_duty(the_person, 'administer-customer', the_organization) AND the_organization <> tenure_vendor()
$$;--> statement-breakpoint

-- Promise 6 for standing access: with somebody's eyes on, roles are given only by who manages them, and never to oneself.
-- Nobody's eyes are on where the engine writes.
CREATE FUNCTION guard_managed() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  doing text := tenure_person();
BEGIN
  IF doing IS NULL THEN RETURN NEW; END IF;
  IF NOT tenure_manages(doing, NEW.organization_id) THEN
    RAISE EXCEPTION 'the access of these people is managed by others' USING ERRCODE = 'TN020';
  END IF;
  IF NEW.person_id = doing AND TG_OP = 'INSERT' THEN
    RAISE EXCEPTION 'nobody gives themselves access' USING ERRCODE = 'TN021';
  END IF;
  RETURN NEW;
END $$;--> statement-breakpoint
CREATE TRIGGER guard_managed BEFORE INSERT OR UPDATE ON person_role FOR EACH ROW EXECUTE FUNCTION guard_managed();--> statement-breakpoint
CREATE TRIGGER guard_managed BEFORE INSERT OR UPDATE ON membership FOR EACH ROW EXECUTE FUNCTION guard_managed();--> statement-breakpoint
CREATE FUNCTION guard_own_membership() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.person_id = tenure_person() AND (NEW.given_roles, NEW.contract_role) IS DISTINCT FROM (OLD.given_roles, OLD.contract_role) THEN
    RAISE EXCEPTION 'nobody gives themselves access' USING ERRCODE = 'TN021';
  END IF;
  RETURN NEW;
END $$;--> statement-breakpoint
CREATE TRIGGER guard_own_membership BEFORE UPDATE ON membership FOR EACH ROW EXECUTE FUNCTION guard_own_membership();--> statement-breakpoint

-- A process is what it was made for; who asks for one must manage those it is about, and asks for nothing for themselves but to leave.
CREATE FUNCTION guard_process() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
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
CREATE TRIGGER guard_process BEFORE INSERT OR UPDATE ON process FOR EACH ROW EXECUTE FUNCTION guard_process();--> statement-breakpoint

-- What a fence holds is let go or dropped once, by a second person who may do so.
CREATE FUNCTION guard_fence_item() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  the_author text;
BEGIN
  IF (NEW.id, NEW.fence_id, NEW.process_id, NEW.person_id, NEW.organization_id, NEW.difference)
     IS DISTINCT FROM (OLD.id, OLD.fence_id, OLD.process_id, OLD.person_id, OLD.organization_id, OLD.difference) THEN
    RAISE EXCEPTION 'what a fence holds stays what it is' USING ERRCODE = 'TN023';
  END IF;
  IF NEW.state = OLD.state THEN RETURN NEW; END IF;
  IF OLD.state <> 'waiting' THEN
    RAISE EXCEPTION 'this was decided already' USING ERRCODE = 'TN003';
  END IF;
  IF NEW.decided_by IS NULL OR NEW.decided_by IS DISTINCT FROM coalesce(tenure_person(), NEW.decided_by)
     OR NOT tenure_has_duty(NEW.decided_by, 'release-fences', tenure_vendor()) THEN
    RAISE EXCEPTION 'fences are released by other people' USING ERRCODE = 'TN020';
  END IF;
  SELECT author INTO the_author FROM fence WHERE id = NEW.fence_id;
  IF NEW.decided_by IN (the_author, (SELECT requested_by FROM process WHERE id = NEW.process_id))
     OR NEW.decided_by = NEW.person_id THEN
    RAISE EXCEPTION 'a second person is needed' USING ERRCODE = 'TN001';
  END IF;
  NEW.decided_at := tenure_now();
  RETURN NEW;
END $$;--> statement-breakpoint
CREATE TRIGGER guard_fence_item BEFORE UPDATE ON fence_item FOR EACH ROW EXECUTE FUNCTION guard_fence_item();--> statement-breakpoint

-- What was delivered stays as it was delivered.
CREATE FUNCTION guard_inbound_event() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'an event stays as it was delivered' USING ERRCODE = 'TN011';
END $$;--> statement-breakpoint
CREATE TRIGGER guard_inbound_event BEFORE UPDATE OF id, source, event_id, body, content_type, received_at ON inbound_event
  FOR EACH ROW EXECUTE FUNCTION guard_inbound_event();--> statement-breakpoint

-- A revision follows the one before it, and with somebody's eyes on only whoever manages access writes one.
CREATE FUNCTION guard_catalog_revision() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  IF NEW.number <> coalesce((SELECT max(number) FROM catalog_revision), 0) + 1 THEN
    RAISE EXCEPTION 'the catalog has been changed meanwhile' USING ERRCODE = 'TN025';
  END IF;
  IF tenure_person() IS NOT NULL AND (NEW.author <> tenure_person() OR NOT tenure_has_duty(NEW.author, 'manage-access', tenure_vendor())) THEN
    RAISE EXCEPTION 'the catalog is changed by other people' USING ERRCODE = 'TN020';
  END IF;
  RETURN NEW;
END $$;--> statement-breakpoint
CREATE TRIGGER guard_catalog_revision BEFORE INSERT ON catalog_revision FOR EACH ROW EXECUTE FUNCTION guard_catalog_revision();--> statement-breakpoint

-- A standing grant is given by a process that is at work on this very person, who is still one of ours.
CREATE OR REPLACE FUNCTION guard_grant_birth() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  asked access_request;
BEGIN
  IF NEW.state <> 'provisioning' THEN
    RAISE EXCEPTION 'a grant begins as an intent' USING ERRCODE = 'TN012';
  END IF;
  IF NEW.origin <> 'request' THEN
    IF NOT EXISTS (
      SELECT 1 FROM process s JOIN process_person w ON w.process_id = s.id JOIN person p ON p.id = w.person_id
        JOIN organization o ON o.id = p.organization_id
      WHERE s.id = NEW.process_id AND s.kind <> 'offboarding' AND s.state = 'running' AND s.organization_id = NEW.holder_organization_id
        AND w.person_id = NEW.person_id AND w.state IN ('waiting', 'applying')
        AND p.organization_id = NEW.holder_organization_id AND p.suspended_at IS NULL AND p.offboarded_at IS NULL
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
          SELECT count(*) FROM decision d WHERE d.stage_id = s.id AND d.decision = 'approve')) THEN
    RAISE EXCEPTION 'no grant without its approvals' USING ERRCODE = 'TN012';
  END IF;
  RETURN NEW;
END $$;--> statement-breakpoint

-- Promise 4: an end comes once and stays; after access began only an approved extension moves `until`, and of standing access
-- only a renewal by a process.
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
     OR NEW.end_order NOT IN ('return', 'revocation', 'cancellation', 'offboarding', 'rollback', 'engine', 'role-change', 'suspension')
     OR OLD.state = 'held' AND NEW.end_order = 'cancellation'
     OR OLD.state = 'held' AND NEW.end_order = 'rollback' AND NEW.request_id IS NOT NULL) THEN
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
  IF OLD.state = 'held' AND NEW.until <> OLD.until AND NEW.request_id IS NOT NULL AND NOT EXISTS (
       SELECT 1 FROM extension e JOIN access_request r ON r.id = e.request_id
       WHERE e.grant_id = NEW.id AND e.former_until = OLD.until AND e.until = NEW.until AND r.state = 'approved'
         AND r.kind = 'extension' AND r.extends_request_id = NEW.request_id
         AND e.until <= e.former_until + r.period_ms * interval '1 millisecond'
         AND NOT EXISTS (SELECT 1 FROM stage s WHERE s.request_id = r.id AND s.needed > (
           SELECT count(*) FROM decision d WHERE d.stage_id = s.id AND d.decision = 'approve'))) THEN
    RAISE EXCEPTION 'only an approved extension moves the end' USING ERRCODE = 'TN013';
  END IF;
  IF OLD.state = 'held' AND NEW.until <> OLD.until AND NEW.request_id IS NULL AND NOT EXISTS (
       SELECT 1 FROM renewal n JOIN process s ON s.id = n.process_id
       WHERE n.grant_id = NEW.id AND n.former_until = OLD.until AND n.until = NEW.until AND s.state = 'running'
         AND s.kind <> 'offboarding' AND s.organization_id = NEW.holder_organization_id) THEN
    RAISE EXCEPTION 'only a renewal moves the end of standing access' USING ERRCODE = 'TN013';
  END IF;
  IF (NEW.id, NEW.request_id, NEW.process_id, NEW.catalog_revision, NEW.origin, NEW.person_id, NEW.organization_id, NEW.holder_organization_id,
      NEW.resource_id, NEW.entitlement_id, NEW.account) IS DISTINCT FROM
     (OLD.id, OLD.request_id, OLD.process_id, OLD.catalog_revision, OLD.origin, OLD.person_id, OLD.organization_id, OLD.holder_organization_id,
      OLD.resource_id, OLD.entitlement_id, OLD.account) THEN
    RAISE EXCEPTION 'a grant stays what it is' USING ERRCODE = 'TN013';
  END IF;
  RETURN NEW;
END $$;--> statement-breakpoint

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON renewal FOR EACH ROW EXECUTE FUNCTION refuse_change();--> statement-breakpoint
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON catalog_revision FOR EACH ROW EXECUTE FUNCTION refuse_change();--> statement-breakpoint
DO $$
DECLARE
  record text;
BEGIN
  FOREACH record IN ARRAY ARRAY['process', 'fence_item', 'inbound_event']
  LOOP
    EXECUTE format('CREATE TRIGGER no_delete BEFORE DELETE ON %I FOR EACH ROW EXECUTE FUNCTION refuse_change()', record);
  END LOOP;
  FOREACH record IN ARRAY ARRAY['process', 'fence_item', 'inbound_event', 'renewal', 'catalog_revision', 'membership', 'contract_term']
  LOOP
    EXECUTE format('CREATE TRIGGER no_truncate BEFORE TRUNCATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()', record);
  END LOOP;
END $$;--> statement-breakpoint

-- The change table behind the new facts. How often the engine looked, and how far the pages are, is no fact.
DO $$
DECLARE
  fact text[];
BEGIN
  FOREACH fact SLICE 1 IN ARRAY ARRAY[['contract', 'organization_id'], ['renewal', 'grant_id']]
  LOOP
    EXECUTE format('CREATE FUNCTION %I() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $f$
      BEGIN
        INSERT INTO change (table_name, row_id, operation)
        VALUES (TG_TABLE_NAME, CASE TG_OP WHEN ''DELETE'' THEN OLD.%I ELSE NEW.%I END, TG_OP);
        RETURN NULL;
      END $f$', 'note_change_by_' || fact[2], fact[2], fact[2]);
  END LOOP;
  FOREACH fact SLICE 1 IN ARRAY ARRAY[['membership', 'person_id'], ['renewal', 'grant_id'], ['fence_item', 'id'], ['event_source', 'key'],
    ['welcome', 'id'], ['contract_term', 'organization_id']]
  LOOP
    EXECUTE format('CREATE TRIGGER note_change AFTER INSERT OR UPDATE OR DELETE ON %I FOR EACH ROW EXECUTE FUNCTION %I()',
      fact[1], 'note_change_by_' || fact[2]);
  END LOOP;
END $$;--> statement-breakpoint
CREATE TRIGGER note_change AFTER INSERT ON process FOR EACH ROW EXECUTE FUNCTION note_change_by_id();--> statement-breakpoint
CREATE TRIGGER note_changed_fact AFTER UPDATE ON process FOR EACH ROW WHEN (OLD.state <> NEW.state) EXECUTE FUNCTION note_change_by_id();--> statement-breakpoint
CREATE TRIGGER note_change AFTER INSERT ON contract FOR EACH ROW EXECUTE FUNCTION note_change_by_organization_id();--> statement-breakpoint
CREATE TRIGGER note_changed_fact AFTER UPDATE ON contract FOR EACH ROW
  WHEN ((OLD.content, OLD.state, OLD.seats, OLD.until, OLD.ended_at, OLD.dunning_state)
    IS DISTINCT FROM (NEW.content, NEW.state, NEW.seats, NEW.until, NEW.ended_at, NEW.dunning_state))
  EXECUTE FUNCTION note_change_by_organization_id();--> statement-breakpoint

-- Who sees what. The vendor runs its customers' directory; a customer sees what is about its own people.
DO $$
DECLARE
  the_table text;
BEGIN
  FOREACH the_table IN ARRAY ARRAY['process', 'process_person', 'membership', 'contract_term', 'contract', 'welcome', 'mail', 'renewal',
    'event_source', 'inbound_event', 'contract_fact', 'contract_link', 'fence', 'fence_item', 'fence_passage', 'import_run']
  LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', the_table);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', the_table);
  END LOOP;
  FOREACH the_table IN ARRAY ARRAY['process', 'process_person', 'membership', 'contract_term', 'contract', 'welcome', 'mail']
  LOOP
    EXECUTE format('CREATE POLICY tenant ON %I USING (organization_id = (SELECT tenure_organization())
      OR (SELECT tenure_organization() = tenure_vendor()))', the_table);
  END LOOP;
  FOREACH the_table IN ARRAY ARRAY['event_source', 'inbound_event', 'contract_fact', 'contract_link', 'fence', 'fence_item', 'fence_passage',
    'import_run']
  LOOP
    EXECUTE format('CREATE POLICY tenant ON %I USING ((SELECT tenure_organization() = tenure_vendor()))', the_table);
  END LOOP;
END $$;--> statement-breakpoint
CREATE POLICY tenant ON renewal USING ((SELECT tenure_reaches_all())
  OR organization_id = (SELECT tenure_organization()) OR holder_organization_id = (SELECT tenure_organization()));--> statement-breakpoint
-- A customer sees the vendor's people whom its records name; it writes only its own.
DO $$
DECLARE
  the_table text;
BEGIN
  FOREACH the_table IN ARRAY ARRAY['person', 'person_role']
  LOOP
    EXECUTE format('DROP POLICY tenant ON %I', the_table);
    EXECUTE format('CREATE POLICY tenant ON %I FOR SELECT USING ((SELECT tenure_organization() IS NOT NULL)
      AND (organization_id = (SELECT tenure_organization()) OR organization_id = (SELECT tenure_vendor())
        OR (SELECT tenure_organization() = tenure_vendor())))', the_table);
    EXECUTE format('CREATE POLICY tenant_writes ON %I USING (organization_id = (SELECT tenure_organization())
        OR (SELECT tenure_organization() = tenure_vendor()))', the_table);
  END LOOP;
END $$;--> statement-breakpoint
-- The same for organizations: seen by their own people and the vendor, changed by these alone.
DROP POLICY tenant ON organization;--> statement-breakpoint
CREATE POLICY tenant ON organization FOR SELECT USING ((SELECT tenure_organization() IS NOT NULL)
  AND (id = (SELECT tenure_organization()) OR kind = 'vendor' OR (SELECT tenure_organization() = tenure_vendor())));--> statement-breakpoint
CREATE POLICY tenant_writes ON organization USING (id = (SELECT tenure_organization()) OR (SELECT tenure_organization() = tenure_vendor()));--> statement-breakpoint
DO $$
DECLARE
  guard regprocedure;
BEGIN
  FOR guard IN SELECT oid FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND prorettype = 'trigger'::regtype
  LOOP
    EXECUTE format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC', guard);
  END LOOP;
END $$;
