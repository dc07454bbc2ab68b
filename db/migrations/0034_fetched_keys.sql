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
