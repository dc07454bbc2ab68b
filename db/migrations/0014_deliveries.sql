-- A delivery can be proven afterwards: by how it was signed, and by its bytes. Those of one event are the event's own body.
CREATE TABLE "inbound_delivery" (
	"id" text PRIMARY KEY NOT NULL,
	"source" text NOT NULL,
	"body" text,
	"signed" jsonb NOT NULL,
	"received_at" timestamp (3) with time zone DEFAULT tenure_now() NOT NULL
);
--> statement-breakpoint
ALTER TABLE "inbound_delivery" ADD CONSTRAINT "inbound_delivery_source_event_source_key_fk" FOREIGN KEY ("source") REFERENCES "public"."event_source"("key") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "inbound_event" ADD COLUMN "delivery_id" text;--> statement-breakpoint
ALTER TABLE "inbound_event" ADD COLUMN "conflicts_with" text;--> statement-breakpoint
ALTER TABLE "inbound_event" ADD CONSTRAINT "inbound_event_delivery_id_inbound_delivery_id_fk" FOREIGN KEY ("delivery_id") REFERENCES "public"."inbound_delivery"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "inbound_event" ADD CONSTRAINT "inbound_event_conflicts_with_inbound_event_id_fk" FOREIGN KEY ("conflicts_with") REFERENCES "public"."inbound_event"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
-- What says otherwise than the event that came first under its id is never read: it is looked at by a person.
ALTER TABLE "inbound_event" ADD CONSTRAINT "inbound_event_conflict" CHECK (state <> 'conflicting' OR conflicts_with IS NOT NULL);--> statement-breakpoint
ALTER TABLE "inbound_event" ADD CONSTRAINT "inbound_event_not_read" CHECK (conflicts_with IS NULL OR state IN ('conflicting', 'discarded'));--> statement-breakpoint

-- What was delivered stays as it was delivered.
DROP TRIGGER guard_inbound_event ON inbound_event;--> statement-breakpoint
CREATE TRIGGER guard_inbound_event BEFORE UPDATE OF id, source, event_id, body, content_type, received_at, delivery_id, conflicts_with ON inbound_event
  FOR EACH ROW EXECUTE FUNCTION guard_inbound_event();--> statement-breakpoint
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON inbound_delivery FOR EACH ROW EXECUTE FUNCTION refuse_change();--> statement-breakpoint
CREATE TRIGGER no_truncate BEFORE TRUNCATE ON inbound_delivery FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();--> statement-breakpoint
ALTER TABLE inbound_delivery ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE inbound_delivery FORCE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE POLICY tenant ON inbound_delivery USING ((SELECT tenure_organization() = tenure_vendor()));
