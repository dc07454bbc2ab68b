-- What people have in targets already: taken over as theirs (no hindrance), or left alone, and why.
CREATE TABLE "found_account" (
	"resource_id" text NOT NULL,
	"person_id" text NOT NULL,
	"organization_id" text NOT NULL,
	"account" text,
	"hindrance" text,
	"entitlement" text,
	"holdings" jsonb DEFAULT '[]' NOT NULL,
	"process_id" text NOT NULL,
	"found_at" timestamp (3) with time zone DEFAULT tenure_now() NOT NULL,
	CONSTRAINT "found_account_resource_id_person_id_pk" PRIMARY KEY("resource_id","person_id"),
	CONSTRAINT "found_account_what" CHECK (account is not null or hindrance is not null)
);
--> statement-breakpoint
-- The name that a list gives of somebody's accounts, where a target knows no addresses.
CREATE TABLE "account_name" (
	"person_id" text PRIMARY KEY NOT NULL,
	"organization_id" text NOT NULL,
	"account" text NOT NULL,
	"named_at" timestamp (3) with time zone DEFAULT tenure_now() NOT NULL
);
--> statement-breakpoint
-- What the preview of an import wants to know of targets, and what a worker found there. Forgotten after an hour.
CREATE TABLE "account_search" (
	"id" text PRIMARY KEY NOT NULL,
	"author" text NOT NULL,
	"state" text DEFAULT 'looking' NOT NULL,
	"wish" jsonb NOT NULL,
	"found" jsonb,
	"tried_at" timestamp (3) with time zone,
	"created_at" timestamp (3) with time zone DEFAULT tenure_now() NOT NULL,
	CONSTRAINT "account_search_found" CHECK ((state = 'ready') = (found is not null))
);
--> statement-breakpoint
ALTER TABLE "found_account" ADD CONSTRAINT "found_account_resource_id_resource_id_fk" FOREIGN KEY ("resource_id") REFERENCES "public"."resource"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "found_account" ADD CONSTRAINT "found_account_person_id_person_id_fk" FOREIGN KEY ("person_id") REFERENCES "public"."person"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "found_account" ADD CONSTRAINT "found_account_process_id_process_id_fk" FOREIGN KEY ("process_id") REFERENCES "public"."process"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "account_name" ADD CONSTRAINT "account_name_person_id_person_id_fk" FOREIGN KEY ("person_id") REFERENCES "public"."person"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "account_search" ADD CONSTRAINT "account_search_author_person_id_fk" FOREIGN KEY ("author") REFERENCES "public"."person"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "found_account_once" ON "found_account" USING btree ("resource_id","account") WHERE hindrance is null;--> statement-breakpoint
CREATE INDEX "found_account_person_idx" ON "found_account" USING btree ("person_id");--> statement-breakpoint
CREATE INDEX "account_search_looking_idx" ON "account_search" USING btree ("created_at") WHERE state = 'looking';--> statement-breakpoint

-- An account is taken over by an import at work on the person whose it is, never from somebody else, and once.
CREATE FUNCTION guard_found_account() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  IF TG_OP = 'UPDATE' AND OLD.hindrance IS NULL THEN
    RAISE EXCEPTION 'an account that was taken over stays with its person' USING ERRCODE = 'TN026';
  END IF;
  IF TG_OP = 'UPDATE' AND (NEW.resource_id, NEW.person_id, NEW.organization_id)
     IS DISTINCT FROM (OLD.resource_id, OLD.person_id, OLD.organization_id) THEN
    RAISE EXCEPTION 'an account is found for one person on one resource' USING ERRCODE = 'TN026';
  END IF;
  IF NOT EXISTS (SELECT 1 FROM process s JOIN process_person w ON w.process_id = s.id AND w.person_id = NEW.person_id
       JOIN person p ON p.id = w.person_id AND p.organization_id = NEW.organization_id
       WHERE s.id = NEW.process_id AND s.cause = 'roster' AND s.source IS NULL AND s.state = 'running') THEN
    RAISE EXCEPTION 'accounts are taken over by an import at work on whose they are' USING ERRCODE = 'TN026';
  END IF;
  IF NEW.hindrance IS NULL AND (EXISTS (SELECT 1 FROM person p WHERE p.id = NEW.account)
       OR EXISTS (SELECT 1 FROM access_grant g WHERE g.resource_id = NEW.resource_id AND g.account = NEW.account
         AND g.person_id <> NEW.person_id AND g.ended_at IS NULL)) THEN
    RAISE EXCEPTION 'this account is somebody''s already' USING ERRCODE = 'TN026';
  END IF;
  RETURN NEW;
END $$;--> statement-breakpoint
CREATE TRIGGER guard_found_account BEFORE INSERT OR UPDATE ON found_account FOR EACH ROW EXECUTE FUNCTION guard_found_account();--> statement-breakpoint

-- And no grant uses an account that was taken over for somebody else.
CREATE FUNCTION guard_grant_account() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM found_account f WHERE f.resource_id = NEW.resource_id AND f.account = NEW.account
       AND f.hindrance IS NULL AND f.person_id <> NEW.person_id) THEN
    RAISE EXCEPTION 'this account is somebody''s already' USING ERRCODE = 'TN026';
  END IF;
  RETURN NEW;
END $$;--> statement-breakpoint
CREATE TRIGGER guard_grant_account BEFORE INSERT ON access_grant FOR EACH ROW
  WHEN (NEW.account NOT LIKE 'tnr\_%' AND NEW.account <> NEW.person_id) EXECUTE FUNCTION guard_grant_account();--> statement-breakpoint

-- With somebody's eyes on, only the vendor's people who manage access say whose a name is, and nobody says it of themselves.
CREATE FUNCTION guard_account_name() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  doing text := tenure_person();
BEGIN
  IF doing IS NULL THEN RETURN NEW; END IF;
  IF NOT tenure_has_duty(doing, 'manage-access', tenure_vendor()) THEN
    RAISE EXCEPTION 'the access of these people is managed by others' USING ERRCODE = 'TN020';
  END IF;
  IF NEW.person_id = doing THEN
    RAISE EXCEPTION 'nobody gives themselves access' USING ERRCODE = 'TN021';
  END IF;
  RETURN NEW;
END $$;--> statement-breakpoint
CREATE TRIGGER guard_account_name BEFORE INSERT OR UPDATE ON account_name FOR EACH ROW EXECUTE FUNCTION guard_account_name();--> statement-breakpoint
CREATE FUNCTION guard_account_search() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  IF tenure_person() IS NOT NULL AND (NEW.author <> tenure_person() OR NOT tenure_has_duty(NEW.author, 'manage-access', tenure_vendor())) THEN
    RAISE EXCEPTION 'accounts are looked for by other people' USING ERRCODE = 'TN020';
  END IF;
  RETURN NEW;
END $$;--> statement-breakpoint
CREATE TRIGGER guard_account_search BEFORE INSERT ON account_search FOR EACH ROW EXECUTE FUNCTION guard_account_search();--> statement-breakpoint
CREATE TRIGGER note_change AFTER INSERT OR UPDATE OR DELETE ON found_account FOR EACH ROW EXECUTE FUNCTION note_change_by_person_id();--> statement-breakpoint
CREATE TRIGGER note_change AFTER INSERT OR UPDATE OR DELETE ON account_name FOR EACH ROW EXECUTE FUNCTION note_change_by_person_id();--> statement-breakpoint
REVOKE EXECUTE ON FUNCTION guard_found_account(), guard_grant_account(), guard_account_name(), guard_account_search() FROM PUBLIC;--> statement-breakpoint
DO $$
DECLARE
  the_table text;
BEGIN
  FOREACH the_table IN ARRAY ARRAY['found_account', 'account_name', 'account_search']
  LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', the_table);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', the_table);
  END LOOP;
END $$;--> statement-breakpoint
CREATE POLICY tenant ON found_account USING ((SELECT tenure_organization() = tenure_vendor()));--> statement-breakpoint
CREATE POLICY tenant ON account_name USING ((SELECT tenure_organization() = tenure_vendor()));--> statement-breakpoint
CREATE POLICY tenant ON account_search USING (author = (SELECT tenure_person()));
