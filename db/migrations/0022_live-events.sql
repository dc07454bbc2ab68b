-- An event that a person must look at is news for the pages of operations, and so is that nobody must any more. What is read and
-- mapped as it comes is most of them, and is told to nobody.
CREATE TRIGGER note_change AFTER INSERT ON inbound_event FOR EACH ROW WHEN (NEW.state IN ('waiting', 'conflicting'))
  EXECUTE FUNCTION note_change_by_id();--> statement-breakpoint
CREATE TRIGGER note_changed_fact AFTER UPDATE OF state ON inbound_event FOR EACH ROW
  WHEN (OLD.state <> NEW.state AND (OLD.state IN ('waiting', 'conflicting') OR NEW.state IN ('waiting', 'conflicting')))
  EXECUTE FUNCTION note_change_by_id();--> statement-breakpoint

-- Who gets a role that decides is told of what waits for it already. By the statement, not by the row, and by an index on the stages
-- that have not lapsed: of most roles there are none, however many people get them at once. Who was told before is not told again.
CREATE INDEX "stage_role_idx" ON "stage" USING btree ("role_id","organization_id","lapses_at");--> statement-breakpoint
CREATE FUNCTION notice_role() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  INSERT INTO notice (kind, person_id, subject, request_id, due_at)
  SELECT told.kind, h.person_id, r.id, r.id, told.due
  FROM given h
    JOIN stage s ON s.role_id = h.role_id AND s.organization_id = h.organization_id AND s.lapses_at > greatest(h."from", tenure_now())
    JOIN access_request r ON r.id = s.request_id
    CROSS JOIN LATERAL (VALUES ('request-waits', greatest(h."from", tenure_now())),
      ('request-still-waits', r.asked_at + (s.lapses_at - r.asked_at) / 2)) AS told (kind, due)
  WHERE r.state = 'waiting' AND h.person_id NOT IN (r.person_id, r.requested_by) AND (h.until IS NULL OR h.until > tenure_now())
    AND (told.kind = 'request-waits' OR told.due > greatest(h."from", tenure_now()))
  ON CONFLICT DO NOTHING;
  RETURN NULL;
END $$;--> statement-breakpoint
CREATE TRIGGER notice_role AFTER INSERT ON person_role REFERENCING NEW TABLE AS given FOR EACH STATEMENT
  EXECUTE FUNCTION notice_role();--> statement-breakpoint

-- An end that has moved is told of before it comes, also when the former one was told of already.
CREATE FUNCTION notice_moved_end() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  lead interval := greatest(interval '10 minutes', (NEW.until - NEW."from") / 10);
BEGIN
  -- One that was not told yet moves with the end. Who tells it right now holds its lock, so that this sees what became of it.
  UPDATE notice SET due_at = NEW.until - lead
  WHERE person_id = NEW.person_id AND kind = 'ends-soon' AND grant_id = NEW.id AND done_at IS NULL;
  IF NOT FOUND AND lead <= (NEW.until - NEW."from") / 2 THEN
    INSERT INTO notice (kind, person_id, subject, request_id, grant_id, due_at)
    VALUES ('ends-soon', NEW.person_id, NEW.id || '/' || extract(epoch FROM NEW.until), NEW.request_id, NEW.id, NEW.until - lead)
    ON CONFLICT DO NOTHING;
  END IF;
  RETURN NULL;
END $$;--> statement-breakpoint
CREATE TRIGGER notice_moved_end AFTER UPDATE OF until ON access_grant FOR EACH ROW
  WHEN (NEW.until > OLD.until AND OLD.state = 'held' AND NEW.state = 'held' AND NEW.request_id IS NOT NULL)
  EXECUTE FUNCTION notice_moved_end();--> statement-breakpoint

-- As before, and its person may call it otherwise.
CREATE OR REPLACE FUNCTION guard_passkey() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  doing text := tenure_person();
BEGIN
  IF TG_OP = 'INSERT' THEN
    IF NEW.person_id IS DISTINCT FROM coalesce(doing, NEW.person_id) OR NEW.revoked_at IS NOT NULL OR NEW.last_used_at IS NOT NULL
       OR NOT tenure_is_here(NEW.person_id, NEW.organization_id) OR NOT EXISTS (
         SELECT 1 FROM passkey_challenge c WHERE c.id = NEW.challenge_id AND c.purpose = 'enrol' AND c.person_id = NEW.person_id
           AND c.used_at > tenure_now() - interval '1 minute' AND CASE NEW.made_by
             WHEN 'welcome' THEN NOT tenure_has_provider(NEW.organization_id) AND EXISTS (SELECT 1 FROM passkey_ticket t
               WHERE t.id = c.ticket_id AND t.person_id = NEW.person_id AND t.used_at > tenure_now() - interval '1 minute')
             WHEN 'self' THEN EXISTS (SELECT 1 FROM session s WHERE s.id = c.session_id AND s.person_id = NEW.person_id
               AND s.ended_at IS NULL AND s.ends_at > tenure_now() AND s.auth_time > tenure_now() - interval '20 minutes')
             ELSE false END) THEN
      RAISE EXCEPTION 'nobody makes a passkey like this' USING ERRCODE = 'TN033';
    END IF;
    -- One after the other, so that two at once do not pass the limit together.
    PERFORM 1 FROM person WHERE id = NEW.person_id FOR NO KEY UPDATE;
    IF (SELECT count(*) FROM passkey WHERE person_id = NEW.person_id AND revoked_at IS NULL) >= 10 THEN
      RAISE EXCEPTION 'so many passkeys are enough' USING ERRCODE = 'TN036';
    END IF;
    NEW.made_at := tenure_now();
    RETURN NEW;
  END IF;
  IF OLD.revoked_at IS NOT NULL THEN
    RAISE EXCEPTION 'a passkey that was removed stays so' USING ERRCODE = 'TN037';
  END IF;
  IF (to_jsonb(NEW) - ARRAY['name', 'counter', 'backed_up', 'last_used_at', 'revoked_at', 'revoked_by', 'revoked_by_person'])
     IS DISTINCT FROM (to_jsonb(OLD) - ARRAY['name', 'counter', 'backed_up', 'last_used_at', 'revoked_at', 'revoked_by', 'revoked_by_person']) THEN
    RAISE EXCEPTION 'a passkey stays what it is' USING ERRCODE = 'TN011';
  END IF;
  IF NEW.name IS DISTINCT FROM OLD.name AND doing IS NOT NULL AND doing <> NEW.person_id THEN
    RAISE EXCEPTION 'a passkey is named by its person' USING ERRCODE = 'TN020';
  END IF;
  IF (NEW.counter, NEW.backed_up, NEW.last_used_at) IS DISTINCT FROM (OLD.counter, OLD.backed_up, OLD.last_used_at) THEN
    IF doing IS NOT NULL AND doing <> NEW.person_id OR NOT (NEW.counter > OLD.counter OR NEW.counter = 0 AND OLD.counter = 0) THEN
      RAISE EXCEPTION 'a passkey is used by its person, and counts up' USING ERRCODE = 'TN033';
    END IF;
    NEW.last_used_at := tenure_now();
  END IF;
  IF NEW.revoked_at IS NOT NULL THEN
    NEW.revoked_at := tenure_now();
    IF doing IS NOT NULL AND doing <> NEW.person_id AND NOT tenure_manages(doing, NEW.organization_id)
       AND NOT tenure_has_duty(doing, 'end-any-access', tenure_vendor()) AND NOT tenure_has_duty(doing, 'release-fences', tenure_vendor()) THEN
      RAISE EXCEPTION 'the passkeys of these people are removed by others' USING ERRCODE = 'TN020';
    END IF;
  END IF;
  RETURN NEW;
END $$;--> statement-breakpoint
REVOKE EXECUTE ON FUNCTION notice_role(), notice_moved_end(), guard_passkey() FROM PUBLIC;
