CREATE TABLE "scim_token" (
	"id" text PRIMARY KEY NOT NULL,
	"organization_id" text NOT NULL,
	"label" text NOT NULL,
	"token_hash" text NOT NULL,
	"made_by" text NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT tenure_now() NOT NULL,
	"expires_at" timestamp (3) with time zone NOT NULL,
	"last_used_at" timestamp (3) with time zone,
	"revoked_at" timestamp (3) with time zone,
	"revoked_by" text,
	CONSTRAINT "scim_token_token_hash_unique" UNIQUE("token_hash"),
	CONSTRAINT "scim_token_span" CHECK (expires_at > created_at and expires_at <= created_at + interval '366 days'),
	CONSTRAINT "scim_token_end" CHECK ((revoked_at is null) = (revoked_by is null))
);
--> statement-breakpoint
CREATE TABLE "scim_user" (
	"id" text PRIMARY KEY NOT NULL,
	"person_id" text NOT NULL,
	"organization_id" text NOT NULL,
	"user_name" text NOT NULL,
	"external_id" text,
	"attributes" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"role_by_group" text,
	"version" integer DEFAULT 1 NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT tenure_now() NOT NULL,
	"changed_at" timestamp (3) with time zone DEFAULT tenure_now() NOT NULL,
	CONSTRAINT "scim_user_person_id_unique" UNIQUE("person_id"),
	CONSTRAINT "scim_user_whose" UNIQUE("id","organization_id")
);
--> statement-breakpoint
CREATE TABLE "scim_group" (
	"id" text PRIMARY KEY NOT NULL,
	"organization_id" text NOT NULL,
	"display_name" text NOT NULL,
	"external_id" text,
	"attributes" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"version" integer DEFAULT 1 NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT tenure_now() NOT NULL,
	"changed_at" timestamp (3) with time zone DEFAULT tenure_now() NOT NULL,
	CONSTRAINT "scim_group_whose" UNIQUE("id","organization_id")
);
--> statement-breakpoint
CREATE TABLE "scim_member" (
	"group_id" text NOT NULL,
	"user_id" text NOT NULL,
	"organization_id" text NOT NULL,
	CONSTRAINT "scim_member_group_id_user_id_pk" PRIMARY KEY("group_id","user_id")
);
--> statement-breakpoint
ALTER TABLE "scim_token" ADD CONSTRAINT "scim_token_organization_id_organization_id_fk" FOREIGN KEY ("organization_id") REFERENCES "public"."organization"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "scim_token" ADD CONSTRAINT "scim_token_made_by_person_id_fk" FOREIGN KEY ("made_by") REFERENCES "public"."person"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "scim_token" ADD CONSTRAINT "scim_token_revoked_by_person_id_fk" FOREIGN KEY ("revoked_by") REFERENCES "public"."person"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "scim_user" ADD CONSTRAINT "scim_user_person_id_person_id_fk" FOREIGN KEY ("person_id") REFERENCES "public"."person"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "scim_user" ADD CONSTRAINT "scim_user_organization_id_organization_id_fk" FOREIGN KEY ("organization_id") REFERENCES "public"."organization"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "scim_group" ADD CONSTRAINT "scim_group_organization_id_organization_id_fk" FOREIGN KEY ("organization_id") REFERENCES "public"."organization"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "scim_member" ADD CONSTRAINT "scim_member_organization_id_organization_id_fk" FOREIGN KEY ("organization_id") REFERENCES "public"."organization"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "scim_member" ADD CONSTRAINT "scim_member_group_fk" FOREIGN KEY ("group_id","organization_id") REFERENCES "public"."scim_group"("id","organization_id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "scim_member" ADD CONSTRAINT "scim_member_user_fk" FOREIGN KEY ("user_id","organization_id") REFERENCES "public"."scim_user"("id","organization_id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "scim_token_organization_idx" ON "scim_token" USING btree ("organization_id","id");--> statement-breakpoint
CREATE UNIQUE INDEX "scim_user_user_name" ON "scim_user" USING btree ("organization_id",lower("user_name"));--> statement-breakpoint
CREATE INDEX "scim_user_external_idx" ON "scim_user" USING btree ("organization_id","external_id");--> statement-breakpoint
CREATE INDEX "scim_user_order_idx" ON "scim_user" USING btree ("organization_id","id");--> statement-breakpoint
CREATE INDEX "scim_group_order_idx" ON "scim_group" USING btree ("organization_id","id");--> statement-breakpoint
CREATE INDEX "scim_group_name_idx" ON "scim_group" USING btree ("organization_id",lower("display_name"));--> statement-breakpoint
CREATE INDEX "scim_member_user_idx" ON "scim_member" USING btree ("user_id");--> statement-breakpoint

-- A token of a customer's directory stands in the place of a person where it writes: good for one organization, as long as it is
-- neither over nor revoked.
CREATE FUNCTION tenure_is_directory(the_token text, the_organization text) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT the_token LIKE 'stk\_%' AND EXISTS (SELECT 1 FROM scim_token t WHERE t.id = the_token AND t.organization_id = the_organization
    AND t.revoked_at IS NULL AND t.expires_at > tenure_now())
$$;--> statement-breakpoint
CREATE OR REPLACE FUNCTION tenure_manages(the_person text, the_organization text) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT CASE WHEN the_person LIKE 'stk\_%' THEN tenure_is_directory(the_person, the_organization)
    ELSE tenure_has_duty(the_person, 'manage-access', tenure_vendor())
      OR tenure_has_duty(the_person, 'administer-customer', the_organization) AND the_organization <> tenure_vendor() END
$$;--> statement-breakpoint
-- It says who an organization's people are and what they are, and ends what they hold; of everything else it writes nothing.
CREATE OR REPLACE FUNCTION guard_somebody() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  IF tenure_person() IS NULL AND NOT tenure_is_engine() THEN
    RAISE EXCEPTION 'this is written by somebody' USING ERRCODE = 'TN020';
  END IF;
  IF tenure_person() LIKE 'stk\_%' AND TG_TABLE_NAME <> ALL (ARRAY['person', 'person_role', 'membership', 'process', 'process_person',
       'access_request', 'access_grant', 'passkey']) THEN
    RAISE EXCEPTION 'no directory writes this' USING ERRCODE = 'TN020';
  END IF;
  RETURN NULL;
END $$;--> statement-breakpoint
-- As before; and a directory asks in its own name, as a source does.
CREATE OR REPLACE FUNCTION guard_process() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  doing text := tenure_person();
BEGIN
  IF TG_OP = 'INSERT' THEN
    IF NEW.state <> 'waiting' THEN
      RAISE EXCEPTION 'a process begins by waiting' USING ERRCODE = 'TN022';
    END IF;
    IF doing LIKE 'stk\_%' THEN
      IF NOT tenure_is_directory(doing, NEW.organization_id) OR NEW.requested_by IS NOT NULL OR NEW.cause NOT IN ('administrator', 'roster')
         OR NEW.source IS DISTINCT FROM doing OR NEW.wish ?| ARRAY['terms', 'again', 'effects', 'revision']
         OR NOT EXISTS (SELECT 1 FROM person p WHERE p.id = NEW.person_id AND p.organization_id = NEW.organization_id) THEN
        RAISE EXCEPTION 'this is asked for by other people' USING ERRCODE = 'TN020';
      END IF;
      RETURN NEW;
    END IF;
    IF NEW.requested_by IS DISTINCT FROM coalesce(doing, NEW.requested_by) THEN
      RAISE EXCEPTION 'nobody asks in the name of another' USING ERRCODE = 'TN020';
    END IF;
    IF NEW.requested_by IS NOT NULL AND NOT tenure_manages(NEW.requested_by, NEW.organization_id) THEN
      RAISE EXCEPTION 'the access of these people is managed by others' USING ERRCODE = 'TN020';
    END IF;
    IF NEW.requested_by = NEW.person_id AND NEW.kind <> 'offboarding' THEN
      RAISE EXCEPTION 'nobody gives themselves access' USING ERRCODE = 'TN021';
    END IF;
    IF doing IS NOT NULL AND NOT tenure_has_duty(doing, 'manage-access', tenure_vendor())
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
-- As before; what a directory says is the word of whoever made its token.
CREATE OR REPLACE FUNCTION note_vendor_made() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  doing text := tenure_person();
BEGIN
  IF doing LIKE 'stk\_%' THEN
    doing := coalesce((SELECT made_by FROM scim_token WHERE id = doing), doing);
  END IF;
  IF TG_OP = 'UPDATE' AND (NEW.contract_role, NEW.given_roles) IS NOT DISTINCT FROM (OLD.contract_role, OLD.given_roles) THEN
    NEW.vendor_made_at := OLD.vendor_made_at;
  ELSIF doing IS NOT NULL THEN
    NEW.vendor_made_at := CASE WHEN tenure_own_from(doing, NEW.organization_id, NULL) IS NOT NULL OR NOT EXISTS (
      SELECT 1 FROM person WHERE id = doing AND organization_id = NEW.organization_id) THEN tenure_now() END;
  ELSIF TG_OP = 'UPDATE' THEN
    NEW.vendor_made_at := OLD.vendor_made_at;
  ELSIF NEW.origin = 'import' THEN
    NEW.vendor_made_at := tenure_now();
  ELSE
    NEW.vendor_made_at := CASE WHEN NEW.origin = 'administrator' THEN (SELECT m.vendor_made_at FROM membership m
      WHERE m.person_id = NEW.person_id AND m.organization_id = NEW.organization_id ORDER BY m.seq DESC LIMIT 1) END;
  END IF;
  RETURN NEW;
END $$;--> statement-breakpoint

-- A token is made by one of the customer's own administrators, for a customer; two are good at a time, so that one takes the place of
-- the other without a gap. It stays what it is until it is revoked, by whoever manages these people, and then stays so.
CREATE FUNCTION guard_scim_token() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  doing text := tenure_person();
BEGIN
  IF TG_OP = 'INSERT' THEN
    IF NEW.made_by IS DISTINCT FROM coalesce(doing, NEW.made_by) OR NEW.organization_id = tenure_vendor()
       OR NOT tenure_has_duty(NEW.made_by, 'administer-customer', NEW.organization_id)
       OR NEW.last_used_at IS NOT NULL OR NEW.revoked_at IS NOT NULL THEN
      RAISE EXCEPTION 'these people''s directory is connected by others' USING ERRCODE = 'TN020';
    END IF;
    PERFORM 1 FROM organization WHERE id = NEW.organization_id FOR NO KEY UPDATE;
    IF 2 <= (SELECT count(*) FROM scim_token t WHERE t.organization_id = NEW.organization_id AND t.revoked_at IS NULL
         AND t.expires_at > tenure_now()) THEN
      RAISE EXCEPTION 'two tokens are good at a time' USING ERRCODE = 'TN043';
    END IF;
    NEW.created_at := tenure_now();
    RETURN NEW;
  END IF;
  IF (to_jsonb(NEW) - ARRAY['last_used_at', 'revoked_at', 'revoked_by']) IS DISTINCT FROM (to_jsonb(OLD) - ARRAY['last_used_at', 'revoked_at', 'revoked_by'])
     OR OLD.revoked_at IS NOT NULL THEN
    RAISE EXCEPTION 'a token that was revoked stays so' USING ERRCODE = 'TN044';
  END IF;
  IF NEW.last_used_at IS DISTINCT FROM OLD.last_used_at THEN
    NEW.last_used_at := tenure_now();
  END IF;
  IF NEW.revoked_at IS NOT NULL THEN
    IF doing IS NULL AND NOT tenure_is_engine() OR doing LIKE 'stk\_%' OR NEW.revoked_by IS DISTINCT FROM coalesce(doing, NEW.revoked_by)
       OR doing IS NOT NULL AND NOT tenure_manages(doing, NEW.organization_id) THEN
      RAISE EXCEPTION 'these people''s directory is connected by others' USING ERRCODE = 'TN020';
    END IF;
    NEW.revoked_at := tenure_now();
  END IF;
  RETURN NEW;
END $$;--> statement-breakpoint
CREATE TRIGGER guard_scim_token BEFORE INSERT OR UPDATE ON scim_token FOR EACH ROW EXECUTE FUNCTION guard_scim_token();--> statement-breakpoint

-- What a directory says of people and groups it says of its own organization's alone; nobody else does. Whose a row is, it stays.
CREATE FUNCTION guard_scim() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  doing text := tenure_person();
  the_organization text := CASE WHEN TG_OP = 'DELETE' THEN OLD.organization_id ELSE NEW.organization_id END;
BEGIN
  -- A cascade within a deletion that was looked at is a part of it.
  IF NOT (tenure_is_engine() AND doing IS NULL) AND pg_trigger_depth() = 1 AND NOT coalesce(tenure_is_directory(doing, the_organization), false) THEN
    RAISE EXCEPTION 'this is said by a directory' USING ERRCODE = 'TN020';
  END IF;
  IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
  IF TG_TABLE_NAME = 'scim_user' AND NOT EXISTS (SELECT 1 FROM person p WHERE p.id = to_jsonb(NEW)->>'person_id' AND p.organization_id = NEW.organization_id) THEN
    RAISE EXCEPTION 'this is somebody else''s' USING ERRCODE = 'TN020';
  END IF;
  IF TG_OP = 'UPDATE' THEN
    IF (NEW.id, NEW.organization_id, NEW.created_at) IS DISTINCT FROM (OLD.id, OLD.organization_id, OLD.created_at)
       OR to_jsonb(NEW)->'person_id' IS DISTINCT FROM to_jsonb(OLD)->'person_id' THEN
      RAISE EXCEPTION 'this stays whose it is' USING ERRCODE = 'TN020';
    END IF;
    NEW.version := OLD.version + 1;
    NEW.changed_at := tenure_now();
  END IF;
  RETURN NEW;
END $$;--> statement-breakpoint
CREATE TRIGGER guard_scim BEFORE INSERT OR UPDATE OR DELETE ON scim_user FOR EACH ROW EXECUTE FUNCTION guard_scim();--> statement-breakpoint
CREATE TRIGGER guard_scim BEFORE INSERT OR UPDATE OR DELETE ON scim_group FOR EACH ROW EXECUTE FUNCTION guard_scim();--> statement-breakpoint
CREATE TRIGGER guard_scim BEFORE INSERT OR DELETE ON scim_member FOR EACH ROW EXECUTE FUNCTION guard_scim();--> statement-breakpoint
CREATE TRIGGER no_change BEFORE UPDATE ON scim_member FOR EACH ROW EXECUTE FUNCTION refuse_change();--> statement-breakpoint
CREATE TRIGGER no_delete BEFORE DELETE ON scim_token FOR EACH ROW EXECUTE FUNCTION refuse_change();--> statement-breakpoint
DO $$
DECLARE
  the_table text;
BEGIN
  FOREACH the_table IN ARRAY ARRAY['scim_token', 'scim_user', 'scim_group', 'scim_member']
  LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', the_table);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', the_table);
    EXECUTE format('CREATE POLICY tenant ON %I USING (organization_id = (SELECT tenure_organization())
      OR (SELECT tenure_organization() = tenure_vendor()))', the_table);
    EXECUTE format('CREATE TRIGGER no_truncate BEFORE TRUNCATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()', the_table);
  END LOOP;
END $$;--> statement-breakpoint
CREATE TRIGGER note_change AFTER INSERT OR UPDATE OF revoked_at ON scim_token FOR EACH ROW EXECUTE FUNCTION note_change_by_id();--> statement-breakpoint
REVOKE EXECUTE ON FUNCTION guard_scim_token(), guard_scim() FROM PUBLIC;
