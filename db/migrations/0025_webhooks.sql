CREATE TABLE "webhook_endpoint" (
	"id" text PRIMARY KEY NOT NULL,
	"organization_id" text NOT NULL,
	"url" text NOT NULL,
	"description" text NOT NULL,
	"types" text[] DEFAULT '{}' NOT NULL,
	"state" text DEFAULT 'live' NOT NULL,
	"disabled_for" text,
	"sealed_secret" text,
	"audience" text,
	"subject_format" text,
	"sealed_authorization" text,
	"former_sealed_secret" text,
	"former_until" timestamp (3) with time zone,
	"cluster" text NOT NULL,
	"xid" "xid8" NOT NULL,
	"event_id" text NOT NULL,
	"failing_since" timestamp (3) with time zone,
	"made_by" text NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT tenure_now() NOT NULL,
	"changed_at" timestamp (3) with time zone DEFAULT tenure_now() NOT NULL,
	CONSTRAINT "webhook_endpoint_whose" UNIQUE("id","organization_id"),
	CONSTRAINT "webhook_endpoint_stream" CHECK ((audience is null) = (sealed_secret is not null) and (audience is null) = (subject_format is null)
		and (audience is not null or sealed_authorization is null) and subject_format in ('iss_sub', 'email')),
	CONSTRAINT "webhook_endpoint_state" CHECK (state in ('live', 'paused', 'disabled', 'removed')),
	CONSTRAINT "webhook_endpoint_disabled" CHECK ((state = 'disabled') = (disabled_for is not null)),
	CONSTRAINT "webhook_endpoint_former" CHECK ((former_sealed_secret is null) = (former_until is null))
);
--> statement-breakpoint
CREATE TABLE "webhook_delivery" (
	"id" text PRIMARY KEY NOT NULL,
	"endpoint_id" text NOT NULL,
	"organization_id" text NOT NULL,
	"event_id" text NOT NULL,
	"type" text NOT NULL,
	"state" text DEFAULT 'pending' NOT NULL,
	"tries" integer DEFAULT 0 NOT NULL,
	"due_at" timestamp (3) with time zone DEFAULT tenure_now() NOT NULL,
	"last_status" integer,
	"last_error" text,
	"created_at" timestamp (3) with time zone DEFAULT tenure_now() NOT NULL,
	"tried_at" timestamp (3) with time zone,
	CONSTRAINT "webhook_delivery_once" UNIQUE("endpoint_id","event_id"),
	CONSTRAINT "webhook_delivery_state" CHECK (state in ('pending', 'delivered', 'dead'))
);
--> statement-breakpoint
ALTER TABLE "webhook_endpoint" ADD CONSTRAINT "webhook_endpoint_organization_id_organization_id_fk" FOREIGN KEY ("organization_id") REFERENCES "public"."organization"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "webhook_endpoint" ADD CONSTRAINT "webhook_endpoint_made_by_person_id_fk" FOREIGN KEY ("made_by") REFERENCES "public"."person"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "webhook_delivery" ADD CONSTRAINT "webhook_delivery_event_id_audit_event_id_fk" FOREIGN KEY ("event_id") REFERENCES "public"."audit_event"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "webhook_delivery" ADD CONSTRAINT "webhook_delivery_endpoint_fk" FOREIGN KEY ("endpoint_id","organization_id") REFERENCES "public"."webhook_endpoint"("id","organization_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "webhook_endpoint_organization_idx" ON "webhook_endpoint" USING btree ("organization_id","id");--> statement-breakpoint
CREATE INDEX "webhook_endpoint_place_idx" ON "webhook_endpoint" USING btree ("cluster","xid","event_id") WHERE state = 'live';--> statement-breakpoint
CREATE INDEX "webhook_delivery_due_idx" ON "webhook_delivery" USING btree ("endpoint_id","due_at","id") WHERE state = 'pending';--> statement-breakpoint
CREATE INDEX "webhook_delivery_dead_idx" ON "webhook_delivery" USING btree ("endpoint_id","id") WHERE state = 'dead';--> statement-breakpoint
CREATE INDEX "webhook_delivery_endpoint_idx" ON "webhook_delivery" USING btree ("endpoint_id","id");--> statement-breakpoint

-- Whoever may have an organization's events sent somewhere: for the vendor's, which are all there are, who may read them all.
CREATE FUNCTION tenure_sends_events(the_person text, the_organization text) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT CASE WHEN the_organization = tenure_vendor()
    THEN tenure_has_duty(the_person, 'manage-access', the_organization) AND tenure_has_duty(the_person, 'read-records', the_organization)
    ELSE tenure_has_duty(the_person, 'administer-customer', the_organization) END
$$;--> statement-breakpoint
-- Where events go is said once. It begins with what happens from then on; how far it has come is the forwarder's to say, and whether
-- it goes on that of whoever may send these events, or manages the access of the vendor's customers.
CREATE FUNCTION guard_webhook_endpoint() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  doing text := tenure_person();
  is_engine boolean := tenure_is_engine() AND doing IS NULL;
BEGIN
  IF TG_OP = 'INSERT' THEN
    IF NEW.made_by IS DISTINCT FROM coalesce(doing, NEW.made_by) OR NOT tenure_sends_events(NEW.made_by, NEW.organization_id)
       OR NEW.state <> 'live' OR NEW.former_sealed_secret IS NOT NULL THEN
      RAISE EXCEPTION 'these events are sent by others' USING ERRCODE = 'TN020';
    END IF;
    PERFORM 1 FROM organization WHERE id = NEW.organization_id FOR NO KEY UPDATE;
    IF 20 <= (SELECT count(*) FROM webhook_endpoint e WHERE e.organization_id = NEW.organization_id AND e.state <> 'removed') THEN
      RAISE EXCEPTION 'an organization has twenty webhooks' USING ERRCODE = 'TN051';
    END IF;
    NEW.cluster := tenure_cluster();
    NEW.xid := pg_snapshot_xmin(pg_current_snapshot());
    NEW.event_id := '';
    NEW.created_at := tenure_now();
    RETURN NEW;
  END IF;
  IF OLD.state = 'removed' THEN
    RAISE EXCEPTION 'a webhook that was removed stays so' USING ERRCODE = 'TN052';
  END IF;
  IF (to_jsonb(NEW) - ARRAY['state', 'disabled_for', 'sealed_secret', 'former_sealed_secret', 'former_until', 'cluster', 'xid', 'event_id', 'failing_since', 'changed_at'])
     IS DISTINCT FROM (to_jsonb(OLD) - ARRAY['state', 'disabled_for', 'sealed_secret', 'former_sealed_secret', 'former_until', 'cluster', 'xid', 'event_id', 'failing_since', 'changed_at']) THEN
    RAISE EXCEPTION 'a webhook stays what it is' USING ERRCODE = 'TN020';
  END IF;
  IF NOT is_engine AND ((NEW.cluster, NEW.xid, NEW.event_id) IS DISTINCT FROM (OLD.cluster, OLD.xid, OLD.event_id)
     OR doing IS NULL OR NOT (tenure_manages(doing, NEW.organization_id) OR tenure_sends_events(doing, NEW.organization_id))
     OR (NEW.sealed_secret IS DISTINCT FROM OLD.sealed_secret AND NOT tenure_sends_events(doing, NEW.organization_id))) THEN
    RAISE EXCEPTION 'these events are sent by others' USING ERRCODE = 'TN020';
  END IF;
  IF NEW.state <> OLD.state OR NEW.sealed_secret IS DISTINCT FROM OLD.sealed_secret THEN
    NEW.changed_at := tenure_now();
  END IF;
  RETURN NEW;
END $$;--> statement-breakpoint
CREATE TRIGGER guard_webhook_endpoint BEFORE INSERT OR UPDATE ON webhook_endpoint FOR EACH ROW EXECUTE FUNCTION guard_webhook_endpoint();--> statement-breakpoint
CREATE TRIGGER no_delete BEFORE DELETE ON webhook_endpoint FOR EACH ROW EXECUTE FUNCTION refuse_change();--> statement-breakpoint

-- A delivery stays which event goes where. What a person writes is a test, or that it is tried again from the beginning.
CREATE FUNCTION guard_webhook_delivery() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  doing text := tenure_person();
BEGIN
  IF TG_OP = 'UPDATE' AND (NEW.id, NEW.endpoint_id, NEW.organization_id, NEW.event_id, NEW.type, NEW.created_at)
     IS DISTINCT FROM (OLD.id, OLD.endpoint_id, OLD.organization_id, OLD.event_id, OLD.type, OLD.created_at) THEN
    RAISE EXCEPTION 'a delivery stays what it is' USING ERRCODE = 'TN020';
  END IF;
  IF tenure_is_engine() AND doing IS NULL THEN RETURN NEW; END IF;
  IF doing IS NULL OR NEW.state <> 'pending' OR NEW.tries <> 0 OR (TG_OP = 'INSERT' AND NEW.type <> 'webhook.tested')
     OR NOT (tenure_manages(doing, NEW.organization_id) OR tenure_sends_events(doing, NEW.organization_id)) THEN
    RAISE EXCEPTION 'these events are sent by others' USING ERRCODE = 'TN020';
  END IF;
  NEW.due_at := tenure_now();
  RETURN NEW;
END $$;--> statement-breakpoint
CREATE TRIGGER guard_webhook_delivery BEFORE INSERT OR UPDATE ON webhook_delivery FOR EACH ROW EXECUTE FUNCTION guard_webhook_delivery();--> statement-breakpoint
DO $$
DECLARE
  the_table text;
BEGIN
  FOREACH the_table IN ARRAY ARRAY['webhook_endpoint', 'webhook_delivery']
  LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', the_table);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', the_table);
    EXECUTE format('CREATE POLICY tenant ON %I USING (organization_id = (SELECT tenure_organization())
      OR (SELECT tenure_organization() = tenure_vendor()))', the_table);
    EXECUTE format('CREATE TRIGGER no_truncate BEFORE TRUNCATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()', the_table);
  END LOOP;
END $$;--> statement-breakpoint
CREATE TRIGGER note_change AFTER INSERT OR UPDATE OF state ON webhook_endpoint FOR EACH ROW EXECUTE FUNCTION note_change_by_id();--> statement-breakpoint
CREATE TRIGGER note_changed_fact AFTER UPDATE ON webhook_delivery FOR EACH ROW
  WHEN ((OLD.state = 'dead') <> (NEW.state = 'dead')) EXECUTE FUNCTION note_change_by_id();--> statement-breakpoint
REVOKE EXECUTE ON FUNCTION guard_webhook_endpoint(), guard_webhook_delivery() FROM PUBLIC;
