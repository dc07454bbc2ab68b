-- What a customer's panel looks like, and what a provider's groups say of roles.
ALTER TABLE "organization" ADD COLUMN "brand_color" text;--> statement-breakpoint
ALTER TABLE "organization" ADD COLUMN "shown_name" text;--> statement-breakpoint
ALTER TABLE "organization" ADD CONSTRAINT "organization_brand" CHECK (brand_color is null or brand_color ~ '^#[0-9a-f]{6}$');--> statement-breakpoint
ALTER TABLE "sign_in_provider" ADD COLUMN "group_roles" jsonb DEFAULT '[]'::jsonb NOT NULL;--> statement-breakpoint
ALTER TABLE "sign_in_provider" ADD COLUMN "new_people" text DEFAULT 'refuse' NOT NULL;--> statement-breakpoint
ALTER TABLE "sign_in_provider" ADD COLUMN "default_role" text;--> statement-breakpoint
ALTER TABLE "sign_in_provider" ADD CONSTRAINT "sign_in_provider_new_people" CHECK (new_people in ('refuse', 'add') and (new_people = 'refuse' or default_role is not null));--> statement-breakpoint

-- What a provider said of somebody's groups when they signed in, for the engine to act on: nobody waits for that. Only groups that
-- the provider's mapping names are in it. Without a person: somebody of a proven domain whom nobody has added.
CREATE TABLE "group_reading" (
	"id" text PRIMARY KEY NOT NULL,
	"organization_id" text NOT NULL,
	"provider_id" text NOT NULL,
	"person_id" text,
	"email" text,
	"name" text,
	"groups" text[],
	"unsaid" text,
	"read_at" timestamp (3) with time zone DEFAULT tenure_now() NOT NULL,
	"settled_at" timestamp (3) with time zone,
	"outcome" text,
	CONSTRAINT "group_reading_who" CHECK (person_id is not null or email is not null or settled_at is not null),
	CONSTRAINT "group_reading_said" CHECK ((groups is null) = (unsaid is not null)),
	CONSTRAINT "group_reading_end" CHECK ((settled_at is null) = (outcome is null))
);
--> statement-breakpoint
-- Which role somebody has by a group now, so that it goes with the group, and no other role does.
CREATE TABLE "group_role" (
	"person_id" text NOT NULL,
	"organization_id" text NOT NULL,
	"role" text NOT NULL,
	"group_name" text NOT NULL,
	"provider_id" text NOT NULL,
	"given_at" timestamp (3) with time zone DEFAULT tenure_now() NOT NULL,
	CONSTRAINT "group_role_person_id_role_pk" PRIMARY KEY("person_id","role")
);
--> statement-breakpoint
ALTER TABLE "group_reading" ADD CONSTRAINT "group_reading_organization_id_organization_id_fk" FOREIGN KEY ("organization_id") REFERENCES "public"."organization"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "group_reading" ADD CONSTRAINT "group_reading_provider_id_sign_in_provider_id_fk" FOREIGN KEY ("provider_id") REFERENCES "public"."sign_in_provider"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "group_reading" ADD CONSTRAINT "group_reading_person_id_person_id_fk" FOREIGN KEY ("person_id") REFERENCES "public"."person"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "group_role" ADD CONSTRAINT "group_role_person_id_person_id_fk" FOREIGN KEY ("person_id") REFERENCES "public"."person"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "group_role" ADD CONSTRAINT "group_role_organization_id_organization_id_fk" FOREIGN KEY ("organization_id") REFERENCES "public"."organization"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "group_role" ADD CONSTRAINT "group_role_provider_id_sign_in_provider_id_fk" FOREIGN KEY ("provider_id") REFERENCES "public"."sign_in_provider"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "group_reading_waiting_idx" ON "group_reading" USING btree ("id") WHERE settled_at is null;--> statement-breakpoint
CREATE INDEX "group_reading_settled_idx" ON "group_reading" USING btree ("settled_at") WHERE settled_at is not null;--> statement-breakpoint

-- What happened in a customer's space is found from its end: what is its own, and what its people did elsewhere.
CREATE INDEX "audit_event_holder_idx" ON "audit_event" USING btree ("holder_organization_id","id") WHERE holder_organization_id is distinct from organization_id;--> statement-breakpoint

-- A customer's own administrators say how their panel looks, and nothing else of the customer.
CREATE OR REPLACE FUNCTION guard_customer() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  doing text := tenure_person();
  looks text[] := ARRAY['brand_color', 'shown_name'];
BEGIN
  IF tenure_is_engine() AND doing IS NULL OR TG_OP = 'UPDATE' AND NEW IS NOT DISTINCT FROM OLD THEN RETURN NEW; END IF;
  IF TG_OP = 'INSERT' AND NEW.kind <> 'customer' OR NOT tenure_has_duty(doing, 'manage-access', tenure_vendor())
     AND NOT (TG_OP = 'UPDATE' AND (to_jsonb(NEW) - 'suspended_at') IS NOT DISTINCT FROM (to_jsonb(OLD) - 'suspended_at')
       AND tenure_has_duty(doing, 'release-fences', tenure_vendor()))
     AND NOT (TG_OP = 'UPDATE' AND (to_jsonb(NEW) - looks) IS NOT DISTINCT FROM (to_jsonb(OLD) - looks) AND tenure_manages(doing, NEW.id)) THEN
    RAISE EXCEPTION 'customers are managed by other people' USING ERRCODE = 'TN020';
  END IF;
  RETURN NEW;
END $$;--> statement-breakpoint

-- What groups say is a part of what was tried and goes live.
CREATE FUNCTION guard_sign_in_mapping() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  IF tenure_person() IS NOT NULL AND NOT (OLD.state IN ('draft', 'tried') AND NEW.state = 'draft' AND NEW.changed_by = tenure_person()) THEN
    RAISE EXCEPTION 'what was tried is what goes live' USING ERRCODE = 'TN030';
  END IF;
  RETURN NEW;
END $$;--> statement-breakpoint
CREATE TRIGGER guard_sign_in_mapping BEFORE UPDATE ON sign_in_provider FOR EACH ROW
  WHEN ((OLD.group_roles, OLD.new_people, OLD.default_role) IS DISTINCT FROM (NEW.group_roles, NEW.new_people, NEW.default_role))
  EXECUTE FUNCTION guard_sign_in_mapping();--> statement-breakpoint

-- A reading is of the moment of a sign-in: of a live provider, about somebody that it means, or of a proven domain of its
-- organization. Whoever signs in is not known yet, so nobody's eyes are on; what becomes of it the engine alone says.
CREATE FUNCTION guard_group_reading() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    IF tenure_person() IS NOT NULL OR NEW.settled_at IS NOT NULL OR NOT EXISTS (
         SELECT 1 FROM sign_in_provider i WHERE i.id = NEW.provider_id AND i.organization_id = NEW.organization_id AND i.state = 'live'
           AND (NEW.person_id IS NOT NULL OR i.new_people = 'add' AND EXISTS (SELECT 1 FROM sign_in_domain d
             WHERE d.organization_id = i.organization_id AND d.domain = lower(split_part(NEW.email, '@', 2)) AND d.proof IS NOT NULL AND d.removed_at IS NULL))
           AND (NEW.person_id IS NULL OR EXISTS (SELECT 1 FROM source_identity s WHERE s.person_id = NEW.person_id
             AND s.source = 'oidc:' || i.organization_id || ':' || i.issuer || '#' || i.client_id))) THEN
      RAISE EXCEPTION 'no provider says this of them' USING ERRCODE = 'TN033';
    END IF;
    NEW.read_at := tenure_now();
    RETURN NEW;
  END IF;
  IF OLD.settled_at IS NOT NULL OR NOT tenure_is_engine()
     OR (to_jsonb(NEW) - ARRAY['settled_at', 'outcome', 'email', 'name']) IS DISTINCT FROM (to_jsonb(OLD) - ARRAY['settled_at', 'outcome', 'email', 'name']) THEN
    RAISE EXCEPTION 'a reading stays what it is' USING ERRCODE = 'TN030';
  END IF;
  RETURN NEW;
END $$;--> statement-breakpoint
CREATE TRIGGER guard_group_reading BEFORE INSERT OR UPDATE ON group_reading FOR EACH ROW EXECUTE FUNCTION guard_group_reading();--> statement-breakpoint
-- What gives and takes roles writes the engine alone; a trigger of ours forgets it.
CREATE FUNCTION guard_group_role() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  IF pg_trigger_depth() = 1 AND (NOT tenure_is_engine() OR tenure_person() IS NOT NULL) THEN
    RAISE EXCEPTION 'groups are read by the engine' USING ERRCODE = 'TN020';
  END IF;
  RETURN NULL;
END $$;--> statement-breakpoint
CREATE TRIGGER guard_group_role BEFORE INSERT OR UPDATE OR DELETE ON group_role FOR EACH STATEMENT EXECUTE FUNCTION guard_group_role();--> statement-breakpoint
-- A role that somebody else changes since is no group's any more, also if it becomes the same again. Groups write theirs afterwards.
CREATE FUNCTION forget_group_role() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  IF TG_TABLE_NAME = 'membership' THEN
    DELETE FROM group_role WHERE person_id = NEW.person_id;
  ELSIF NEW.organization_id = tenure_vendor() THEN
    DELETE FROM group_role g USING role r WHERE g.person_id = NEW.person_id AND r.id = NEW.role_id AND g.role = r.key;
  END IF;
  RETURN NULL;
END $$;--> statement-breakpoint
CREATE TRIGGER forget_group_role AFTER INSERT ON membership FOR EACH ROW EXECUTE FUNCTION forget_group_role();--> statement-breakpoint
CREATE TRIGGER forget_changed_group_role AFTER UPDATE ON membership FOR EACH ROW
  WHEN (OLD.contract_role IS DISTINCT FROM NEW.contract_role) EXECUTE FUNCTION forget_group_role();--> statement-breakpoint
CREATE TRIGGER forget_group_role AFTER UPDATE ON person_role FOR EACH ROW
  WHEN (OLD.until IS NULL AND NEW.until IS NOT NULL) EXECUTE FUNCTION forget_group_role();--> statement-breakpoint
DO $$
DECLARE
  the_table text;
BEGIN
  FOREACH the_table IN ARRAY ARRAY['group_reading', 'group_role']
  LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', the_table);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', the_table);
    EXECUTE format('CREATE POLICY tenant ON %I USING (organization_id = (SELECT tenure_organization())
      OR (SELECT tenure_organization() = tenure_vendor()))', the_table);
    EXECUTE format('CREATE TRIGGER no_truncate BEFORE TRUNCATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()', the_table);
  END LOOP;
END $$;--> statement-breakpoint
REVOKE EXECUTE ON FUNCTION guard_sign_in_mapping(), guard_group_reading(), guard_group_role(), forget_group_role() FROM PUBLIC;
