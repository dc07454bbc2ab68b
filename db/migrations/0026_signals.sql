CREATE TABLE "signal_source" (
	"id" text PRIMARY KEY NOT NULL,
	"organization_id" text NOT NULL,
	"kind" text DEFAULT 'push' NOT NULL,
	"name" text NOT NULL,
	"issuer" text,
	"audience" text,
	"jwks" jsonb,
	"poll_url" text,
	"sealed_authorization" text,
	"poll_at" timestamp (3) with time zone DEFAULT tenure_now() NOT NULL,
	"poll_tries" integer DEFAULT 0 NOT NULL,
	"polled_at" timestamp (3) with time zone,
	"poll_error" text,
	"sealed_secret" text,
	"former_sealed_secret" text,
	"former_until" timestamp (3) with time zone,
	"made_by" text NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT tenure_now() NOT NULL,
	"ended_at" timestamp (3) with time zone,
	"ended_by" text,
	CONSTRAINT "signal_source_whose" UNIQUE("id","organization_id"),
	CONSTRAINT "signal_source_end" CHECK ((ended_at is null) = (ended_by is null)),
	CONSTRAINT "signal_source_kind" CHECK (kind in ('push', 'poll', 'alert') and (kind = 'alert') = (sealed_secret is not null)
    and (kind <> 'alert') = (issuer is not null and audience is not null and jwks is not null) and (kind = 'poll') = (poll_url is not null)
    and (kind = 'poll' or sealed_authorization is null)),
	CONSTRAINT "signal_source_former" CHECK ((former_sealed_secret is null) = (former_until is null))
);
--> statement-breakpoint
CREATE TABLE "signal" (
	"id" text PRIMARY KEY NOT NULL,
	"source_id" text NOT NULL,
	"organization_id" text NOT NULL,
	"jti" text NOT NULL,
	"kind" text NOT NULL,
	"family" text NOT NULL,
	"effect" text NOT NULL,
	"name" text,
	"subject" jsonb NOT NULL,
	"event_at" timestamp (3) with time zone NOT NULL,
	"ends_at" timestamp (3) with time zone,
	"received_at" timestamp (3) with time zone DEFAULT tenure_now() NOT NULL,
	"state" text DEFAULT 'received' NOT NULL,
	"person_id" text,
	"read_at" timestamp (3) with time zone,
	"tries" integer DEFAULT 0 NOT NULL,
	"suspended" boolean DEFAULT false NOT NULL,
	"closed_at" timestamp (3) with time zone,
	"closed_by" text,
	"close_reason" text,
	CONSTRAINT "signal_once" UNIQUE("source_id","jti"),
	CONSTRAINT "signal_effect" CHECK (effect in ('opens', 'closes', 'nothing') and (name is null) = (effect = 'nothing')),
	CONSTRAINT "signal_state" CHECK (state in ('received', 'open', 'closed', 'noted', 'superseded', 'unmatched')
    and (person_id is not null or state in ('received', 'noted', 'unmatched'))
    and (closed_at is null) = (state <> 'closed') and (close_reason is not null or closed_by is null)
    and (effect = 'opens' or state not in ('open', 'closed')))
);
--> statement-breakpoint
ALTER TABLE "signal_source" ADD CONSTRAINT "signal_source_organization_id_organization_id_fk" FOREIGN KEY ("organization_id") REFERENCES "public"."organization"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "signal_source" ADD CONSTRAINT "signal_source_made_by_person_id_fk" FOREIGN KEY ("made_by") REFERENCES "public"."person"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "signal_source" ADD CONSTRAINT "signal_source_ended_by_person_id_fk" FOREIGN KEY ("ended_by") REFERENCES "public"."person"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "signal" ADD CONSTRAINT "signal_person_id_person_id_fk" FOREIGN KEY ("person_id") REFERENCES "public"."person"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "signal" ADD CONSTRAINT "signal_closed_by_person_id_fk" FOREIGN KEY ("closed_by") REFERENCES "public"."person"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "signal" ADD CONSTRAINT "signal_source_fk" FOREIGN KEY ("source_id","organization_id") REFERENCES "public"."signal_source"("id","organization_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "signal_source_poll_idx" ON "signal_source" USING btree ("poll_at") WHERE kind = 'poll' and ended_at is null;--> statement-breakpoint
CREATE INDEX "signal_source_organization_idx" ON "signal_source" USING btree ("organization_id","id");--> statement-breakpoint
CREATE INDEX "signal_organization_idx" ON "signal" USING btree ("organization_id","id");--> statement-breakpoint
CREATE INDEX "signal_person_idx" ON "signal" USING btree ("person_id","family","event_at");--> statement-breakpoint
CREATE INDEX "signal_open_idx" ON "signal" USING btree ("person_id") WHERE state = 'open';--> statement-breakpoint
CREATE INDEX "signal_unread_idx" ON "signal" USING btree ("id") WHERE state = 'received';--> statement-breakpoint

-- Who may speak of an organization's people is said by those who manage them. A source stays what it is until it is ended, and then
-- stays so: what it said must be found true by the keys that it was said with.
CREATE FUNCTION guard_signal_source() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  doing text := tenure_person();
  kept text[] := ARRAY['ended_at', 'ended_by', 'sealed_secret', 'former_sealed_secret', 'former_until'];
  polled text[] := ARRAY['poll_at', 'poll_tries', 'polled_at', 'poll_error'];
BEGIN
  -- How far it was asked says who asks it.
  IF TG_OP = 'UPDATE' AND doing IS NULL AND tenure_is_engine() AND (to_jsonb(NEW) - polled) = (to_jsonb(OLD) - polled) THEN
    RETURN NEW;
  END IF;
  IF doing IS NULL AND NOT tenure_is_engine() OR doing LIKE 'stk\_%' OR doing IS NOT NULL AND NOT tenure_manages(doing, NEW.organization_id) THEN
    RAISE EXCEPTION 'these people''s signals are connected by others' USING ERRCODE = 'TN020';
  END IF;
  IF TG_OP = 'INSERT' THEN
    IF NEW.made_by IS DISTINCT FROM coalesce(doing, NEW.made_by) OR NEW.ended_at IS NOT NULL THEN
      RAISE EXCEPTION 'nobody connects in the name of another' USING ERRCODE = 'TN020';
    END IF;
    NEW.created_at := tenure_now();
    RETURN NEW;
  END IF;
  IF (to_jsonb(NEW) - kept) IS DISTINCT FROM (to_jsonb(OLD) - kept) OR OLD.ended_at IS NOT NULL
     OR NEW.ended_by IS NOT NULL AND NEW.ended_by IS DISTINCT FROM coalesce(doing, NEW.ended_by) THEN
    RAISE EXCEPTION 'a source that was ended stays so' USING ERRCODE = 'TN020';
  END IF;
  IF NEW.ended_by IS NOT NULL THEN NEW.ended_at := tenure_now(); END IF;
  RETURN NEW;
END $$;--> statement-breakpoint
CREATE TRIGGER guard_signal_source BEFORE INSERT OR UPDATE ON signal_source FOR EACH ROW EXECUTE FUNCTION guard_signal_source();--> statement-breakpoint

-- A signal stays what was said, and of whom it was said; it begins unread, is read by the engine, and speaks of nobody but the people of
-- the organization whose source it is. What is open a person closes who manages these people, and not about themselves.
CREATE FUNCTION guard_signal() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  doing text := tenure_person();
  said text[] := ARRAY['state', 'person_id', 'read_at', 'tries', 'suspended', 'ends_at', 'closed_at', 'closed_by', 'close_reason'];
BEGIN
  IF TG_OP = 'INSERT' THEN
    IF doing IS NOT NULL OR NEW.state <> 'received' OR NEW.person_id IS NOT NULL OR NEW.suspended OR NEW.tries <> 0
       OR NOT EXISTS (SELECT 1 FROM signal_source s WHERE s.id = NEW.source_id AND s.ended_at IS NULL) THEN
      RAISE EXCEPTION 'a signal is said by its source' USING ERRCODE = 'TN020';
    END IF;
    NEW.received_at := tenure_now();
    RETURN NEW;
  END IF;
  IF (to_jsonb(NEW) - said) IS DISTINCT FROM (to_jsonb(OLD) - said) OR OLD.person_id IS NOT NULL AND NEW.person_id IS DISTINCT FROM OLD.person_id
     OR NEW.state <> OLD.state AND NOT (OLD.state = 'received' OR OLD.state = 'open' AND NEW.state = 'closed') THEN
    RAISE EXCEPTION 'a signal stays what was said' USING ERRCODE = 'TN020';
  END IF;
  IF NEW.person_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM person p WHERE p.id = NEW.person_id AND p.organization_id = NEW.organization_id) THEN
    RAISE EXCEPTION 'nobody''s source speaks of another organization''s people' USING ERRCODE = 'TN020';
  END IF;
  IF tenure_is_engine() AND doing IS NULL THEN RETURN NEW; END IF;
  IF doing IS NULL OR doing LIKE 'stk\_%' OR NOT (OLD.state = 'open' AND NEW.state = 'closed') OR NEW.closed_by IS DISTINCT FROM doing
     OR NEW.person_id = doing OR NOT tenure_manages(doing, NEW.organization_id) THEN
    RAISE EXCEPTION 'signals about these people are closed by others' USING ERRCODE = 'TN020';
  END IF;
  NEW.closed_at := tenure_now();
  RETURN NEW;
END $$;--> statement-breakpoint
CREATE TRIGGER guard_signal BEFORE INSERT OR UPDATE ON signal FOR EACH ROW EXECUTE FUNCTION guard_signal();--> statement-breakpoint
DO $$
DECLARE
  the_table text;
BEGIN
  FOREACH the_table IN ARRAY ARRAY['signal_source', 'signal']
  LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', the_table);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', the_table);
    EXECUTE format('CREATE POLICY tenant ON %I USING (organization_id = (SELECT tenure_organization())
      OR (SELECT tenure_organization() = tenure_vendor()))', the_table);
    EXECUTE format('CREATE TRIGGER no_delete BEFORE DELETE ON %I FOR EACH ROW EXECUTE FUNCTION refuse_change()', the_table);
    EXECUTE format('CREATE TRIGGER no_truncate BEFORE TRUNCATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()', the_table);
  END LOOP;
END $$;--> statement-breakpoint
CREATE TRIGGER note_change AFTER INSERT OR UPDATE OF ended_at, sealed_secret ON signal_source FOR EACH ROW EXECUTE FUNCTION note_change_by_id();--> statement-breakpoint
CREATE TRIGGER note_change AFTER INSERT ON signal FOR EACH ROW EXECUTE FUNCTION note_change_by_id();--> statement-breakpoint
CREATE TRIGGER note_changed_fact AFTER UPDATE ON signal FOR EACH ROW WHEN (OLD.state <> NEW.state) EXECUTE FUNCTION note_change_by_id();--> statement-breakpoint
REVOKE EXECUTE ON FUNCTION guard_signal_source(), guard_signal() FROM PUBLIC;
