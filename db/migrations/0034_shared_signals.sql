ALTER TABLE "signal_source" ADD COLUMN "jwks_uri" text;--> statement-breakpoint
ALTER TABLE "signal_source" ADD COLUMN "keys_fetched_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "signal_source" ADD COLUMN "keys_tried_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "signal_source" ADD COLUMN "keys_error" text;--> statement-breakpoint
ALTER TABLE "signal_source" ADD CONSTRAINT "signal_source_keys" CHECK ((jwks_uri is null) = (keys_fetched_at is null) and (jwks_uri is null) = (keys_tried_at is null)
    and (jwks_uri is null or kind <> 'alert') and (jwks_uri is not null or keys_error is null));--> statement-breakpoint
CREATE INDEX "signal_source_keys_idx" ON "signal_source" USING btree ("keys_tried_at") WHERE jwks_uri is not null and ended_at is null;--> statement-breakpoint

-- A source stays what it is until it is ended, but for its keys where they are fetched from it: nobody gives those, and whoever fetches
-- them changes nothing else. Keys that were given stay.
CREATE OR REPLACE FUNCTION guard_signal_source() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  doing text := tenure_person();
  kept text[] := ARRAY['ended_at', 'ended_by', 'sealed_secret', 'former_sealed_secret', 'former_until'];
  polled text[] := ARRAY['poll_at', 'poll_tries', 'polled_at', 'poll_error'];
  fetched text[] := ARRAY['jwks', 'keys_fetched_at', 'keys_tried_at', 'keys_error'];
BEGIN
  -- How far it was asked says who asks it.
  IF TG_OP = 'UPDATE' AND doing IS NULL AND tenure_is_engine() AND (to_jsonb(NEW) - polled) = (to_jsonb(OLD) - polled) THEN
    RETURN NEW;
  END IF;
  IF TG_OP = 'UPDATE' AND doing IS NULL AND OLD.jwks_uri IS NOT NULL AND OLD.ended_at IS NULL
     AND (to_jsonb(NEW) - fetched) = (to_jsonb(OLD) - fetched) THEN
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
END $$;
--> statement-breakpoint
ALTER TABLE "webhook_endpoint" ADD COLUMN "token_hash" text;--> statement-breakpoint
ALTER TABLE "webhook_endpoint" ADD COLUMN "former_token_hash" text;--> statement-breakpoint
ALTER TABLE "webhook_endpoint" ADD COLUMN "asked_status" text;--> statement-breakpoint
ALTER TABLE "webhook_endpoint" ADD CONSTRAINT "webhook_endpoint_token_hash_unique" UNIQUE("token_hash");--> statement-breakpoint
ALTER TABLE "webhook_endpoint" ADD CONSTRAINT "webhook_endpoint_former_token_hash_unique" UNIQUE("former_token_hash");--> statement-breakpoint
ALTER TABLE "webhook_endpoint" ADD CONSTRAINT "webhook_endpoint_receiver" CHECK (asked_status in ('paused', 'disabled')
    and audience is not null or asked_status is null and (audience is not null or token_hash is null));--> statement-breakpoint
ALTER TABLE "webhook_endpoint" DROP CONSTRAINT "webhook_endpoint_former";--> statement-breakpoint
ALTER TABLE "webhook_endpoint" ADD CONSTRAINT "webhook_endpoint_former" CHECK ((former_sealed_secret is null and former_token_hash is null) = (former_until is null)
    and (former_token_hash is null or audience is not null));--> statement-breakpoint
ALTER TABLE "webhook_delivery" ADD COLUMN "verification_state" text;--> statement-breakpoint
ALTER TABLE "webhook_delivery" ADD CONSTRAINT "webhook_delivery_verification" CHECK (verification_state is null or type = 'webhook.tested');--> statement-breakpoint

-- As before; and the receiver of a stream of security events, who stands in a person's place by its id, writes of that stream alone.
CREATE OR REPLACE FUNCTION guard_somebody() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  IF tenure_person() IS NULL AND NOT tenure_is_engine() THEN
    RAISE EXCEPTION 'this is written by somebody' USING ERRCODE = 'TN020';
  END IF;
  IF tenure_person() LIKE 'stk\_%' AND TG_TABLE_NAME <> ALL (ARRAY['person', 'person_role', 'membership', 'process', 'process_person',
       'access_request', 'access_grant', 'passkey']) THEN
    RAISE EXCEPTION 'no directory writes this' USING ERRCODE = 'TN020';
  END IF;
  IF tenure_person() LIKE 'hook\_%' THEN
    RAISE EXCEPTION 'no receiver writes this' USING ERRCODE = 'TN020';
  END IF;
  RETURN NULL;
END $$;--> statement-breakpoint
-- As before. Whether it goes on its receiver says, too, but only of its own wish: what administrators have paused stays so, and they do not
-- take the wish back. What happens while it is not wanted is not sent later.
CREATE OR REPLACE FUNCTION guard_webhook_endpoint() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  doing text := tenure_person();
  is_engine boolean := tenure_is_engine() AND doing IS NULL;
  kept text[] := ARRAY['state', 'disabled_for', 'sealed_secret', 'former_sealed_secret', 'token_hash', 'former_token_hash', 'former_until',
    'asked_status', 'cluster', 'xid', 'event_id', 'failing_since', 'changed_at'];
  receivers text[] := ARRAY['asked_status', 'state', 'disabled_for', 'failing_since'];
BEGIN
  IF TG_OP = 'INSERT' THEN
    IF NEW.made_by IS DISTINCT FROM coalesce(doing, NEW.made_by) OR NOT tenure_sends_events(NEW.made_by, NEW.organization_id)
       OR NEW.state <> 'live' OR NEW.former_sealed_secret IS NOT NULL OR NEW.former_token_hash IS NOT NULL OR NEW.asked_status IS NOT NULL THEN
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
  IF (to_jsonb(NEW) - kept) IS DISTINCT FROM (to_jsonb(OLD) - kept) THEN
    RAISE EXCEPTION 'a webhook stays what it is' USING ERRCODE = 'TN020';
  END IF;
  IF doing = OLD.id THEN
    IF (to_jsonb(NEW) - receivers) IS DISTINCT FROM (to_jsonb(OLD) - receivers)
       OR NEW.state <> OLD.state AND NOT (OLD.state = 'disabled' AND NEW.state = 'live' AND NEW.asked_status IS NULL) THEN
      RAISE EXCEPTION 'a receiver says whether it wants what is sent' USING ERRCODE = 'TN020';
    END IF;
  ELSIF NOT is_engine AND ((NEW.cluster, NEW.xid, NEW.event_id) IS DISTINCT FROM (OLD.cluster, OLD.xid, OLD.event_id)
     OR doing IS NULL OR NOT (tenure_manages(doing, NEW.organization_id) OR tenure_sends_events(doing, NEW.organization_id))
     OR NEW.asked_status IS DISTINCT FROM OLD.asked_status
     OR ((NEW.sealed_secret, NEW.token_hash) IS DISTINCT FROM (OLD.sealed_secret, OLD.token_hash) AND NOT tenure_sends_events(doing, NEW.organization_id))) THEN
    RAISE EXCEPTION 'these events are sent by others' USING ERRCODE = 'TN020';
  END IF;
  IF OLD.asked_status = 'disabled' AND NEW.asked_status IS DISTINCT FROM 'disabled' THEN
    NEW.cluster := tenure_cluster();
    NEW.xid := pg_snapshot_xmin(pg_current_snapshot());
    NEW.event_id := '';
  END IF;
  IF NEW.state <> OLD.state OR (NEW.sealed_secret, NEW.token_hash) IS DISTINCT FROM (OLD.sealed_secret, OLD.token_hash) THEN
    NEW.changed_at := tenure_now();
  END IF;
  RETURN NEW;
END $$;--> statement-breakpoint
-- As before. What a stream's receiver writes is a verification, or that what waits is not wanted any more.
CREATE OR REPLACE FUNCTION guard_webhook_delivery() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  doing text := tenure_person();
BEGIN
  IF TG_OP = 'UPDATE' AND (NEW.id, NEW.endpoint_id, NEW.organization_id, NEW.event_id, NEW.type, NEW.created_at, NEW.verification_state)
     IS DISTINCT FROM (OLD.id, OLD.endpoint_id, OLD.organization_id, OLD.event_id, OLD.type, OLD.created_at, OLD.verification_state) THEN
    RAISE EXCEPTION 'a delivery stays what it is' USING ERRCODE = 'TN020';
  END IF;
  IF tenure_is_engine() AND doing IS NULL THEN RETURN NEW; END IF;
  IF TG_OP = 'UPDATE' AND doing = OLD.endpoint_id AND OLD.state = 'pending' AND NEW.state = 'dead' AND NEW.last_error = 'not-wanted' THEN
    RETURN NEW;
  END IF;
  IF doing IS NULL OR NEW.state <> 'pending' OR NEW.tries <> 0 OR (TG_OP = 'INSERT' AND NEW.type <> 'webhook.tested')
     OR NOT (TG_OP = 'INSERT' AND doing = NEW.endpoint_id
       OR tenure_manages(doing, NEW.organization_id) OR tenure_sends_events(doing, NEW.organization_id)) THEN
    RAISE EXCEPTION 'these events are sent by others' USING ERRCODE = 'TN020';
  END IF;
  NEW.due_at := tenure_now();
  RETURN NEW;
END $$;
