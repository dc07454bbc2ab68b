-- What a second person dropped stays undone for whom it concerns, until somebody asks for it anew: what of it does.
ALTER TABLE "fence_item" ADD COLUMN "kept" jsonb;--> statement-breakpoint
CREATE INDEX "fence_item_kept_idx" ON "fence_item" USING btree ("person_id") WHERE kept is not null;--> statement-breakpoint
-- What a feed says of somebody, which becomes fact when it has passed the fence.
ALTER TABLE "process_person" ADD COLUMN "wish" jsonb;--> statement-breakpoint
CREATE INDEX "process_person_wish_idx" ON "process_person" USING btree ("person_id","process_id") WHERE wish is not null;--> statement-breakpoint
-- With somebody's eyes on, only the vendor's people who manage access say what a feed wants, and nobody says it of themselves.
-- What stands there is not changed any more: a newer word of whoever manages that person takes its place.
CREATE FUNCTION guard_wished() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  doing text := tenure_person();
BEGIN
  IF TG_OP = 'UPDATE' THEN
    IF NEW.wish IS NOT DISTINCT FROM OLD.wish THEN RETURN NEW; END IF;
    IF NEW.wish IS NOT NULL THEN
      RAISE EXCEPTION 'a process stays what it is' USING ERRCODE = 'TN022';
    END IF;
  END IF;
  IF doing IS NULL THEN RETURN NEW; END IF;
  IF NOT (tenure_has_duty(doing, 'manage-access', tenure_vendor()) OR TG_OP = 'UPDATE' AND tenure_manages(doing, NEW.organization_id)) THEN
    RAISE EXCEPTION 'this is asked for by other people' USING ERRCODE = 'TN020';
  END IF;
  IF NEW.person_id = doing THEN
    RAISE EXCEPTION 'nobody gives themselves access' USING ERRCODE = 'TN021';
  END IF;
  RETURN NEW;
END $$;--> statement-breakpoint
REVOKE EXECUTE ON FUNCTION guard_wished() FROM PUBLIC;--> statement-breakpoint
CREATE TRIGGER guard_new_wish BEFORE INSERT ON process_person FOR EACH ROW WHEN (NEW.wish IS NOT NULL) EXECUTE FUNCTION guard_wished();--> statement-breakpoint
CREATE TRIGGER guard_wish BEFORE UPDATE OF wish ON process_person FOR EACH ROW EXECUTE FUNCTION guard_wished();--> statement-breakpoint
-- What is kept undone is at most what was dropped, and the engine alone forgets of it what was asked for anew.
CREATE FUNCTION guard_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.kept IS NOT DISTINCT FROM OLD.kept THEN RETURN NEW; END IF;
  IF OLD.kept IS NULL AND OLD.state <> 'waiting' OR NEW.kept IS NOT NULL AND (NEW.state <> 'discarded'
       OR NOT (coalesce(OLD.kept, OLD.difference)->'gain' @> (NEW.kept->'gain') AND coalesce(OLD.kept, OLD.difference)->'lose' @> (NEW.kept->'lose')))
     OR OLD.kept IS NOT NULL AND tenure_person() IS NOT NULL THEN
    RAISE EXCEPTION 'what a fence holds stays what it is' USING ERRCODE = 'TN023';
  END IF;
  RETURN NEW;
END $$;--> statement-breakpoint
REVOKE EXECUTE ON FUNCTION guard_kept() FROM PUBLIC;--> statement-breakpoint
CREATE TRIGGER guard_kept BEFORE UPDATE OF kept ON fence_item FOR EACH ROW EXECUTE FUNCTION guard_kept();
