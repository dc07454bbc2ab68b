-- Row-level security is forced on everything that belongs to a tenant. These policies bind every role; db/roles.ts adds
-- policies that let the owner (migrations, guards) and the system role (relay, reaper, workers) see all.
-- A row that reaches two organizations (whose data, whose person) is seen by each.
DO $$
DECLARE
  the_table text;
BEGIN
  FOREACH the_table IN ARRAY ARRAY['access_request', 'access_grant', 'extension', 'ending', 'task', 'audit_event', 'audit_text']
  LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', the_table);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', the_table);
    EXECUTE format('CREATE POLICY tenant ON %I USING ((SELECT tenure_reaches_all())
      OR organization_id = (SELECT tenure_organization()) OR holder_organization_id = (SELECT tenure_organization()))', the_table);
  END LOOP;
  FOREACH the_table IN ARRAY ARRAY['stage', 'decision', 'person_role', 'source_identity', 'person', 'organization', 'idempotency']
  LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', the_table);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', the_table);
  END LOOP;
END $$;--> statement-breakpoint

-- Stages and decisions are seen by whoever sees their request.
CREATE POLICY tenant ON stage USING (EXISTS (SELECT 1 FROM access_request r WHERE r.id = request_id));--> statement-breakpoint
CREATE POLICY tenant ON decision USING (EXISTS (SELECT 1 FROM access_request r WHERE r.id = request_id))
  WITH CHECK (person_id = (SELECT tenure_person()));--> statement-breakpoint

-- The vendor runs its customers' directory; a customer sees its own people and those of the vendor that its records name.
CREATE FUNCTION tenure_vendor() RETURNS text LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$ SELECT id FROM organization WHERE kind = 'vendor' $$;--> statement-breakpoint
CREATE POLICY tenant ON organization USING ((SELECT tenure_organization() IS NOT NULL)
  AND (id = (SELECT tenure_organization()) OR kind = 'vendor' OR (SELECT tenure_organization() = tenure_vendor())));--> statement-breakpoint
CREATE POLICY tenant ON person USING ((SELECT tenure_organization() IS NOT NULL)
  AND (organization_id = (SELECT tenure_organization()) OR organization_id = (SELECT tenure_vendor())
    OR (SELECT tenure_organization() = tenure_vendor())));--> statement-breakpoint
CREATE POLICY tenant ON person_role USING ((SELECT tenure_organization() IS NOT NULL)
  AND (organization_id = (SELECT tenure_organization()) OR organization_id = (SELECT tenure_vendor())
    OR (SELECT tenure_organization() = tenure_vendor())));--> statement-breakpoint
CREATE POLICY tenant ON source_identity USING (organization_id = (SELECT tenure_organization()));--> statement-breakpoint
CREATE POLICY tenant ON idempotency USING (caller = (SELECT tenure_person()));
