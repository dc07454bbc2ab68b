CREATE TABLE "notice" (
	"seq" bigserial PRIMARY KEY NOT NULL,
	"kind" text NOT NULL,
	"person_id" text NOT NULL,
	"subject" text NOT NULL,
	"request_id" text,
	"grant_id" text,
	"data" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"made_at" timestamp (3) with time zone DEFAULT tenure_now() NOT NULL,
	"due_at" timestamp (3) with time zone DEFAULT tenure_now() NOT NULL,
	"done_at" timestamp (3) with time zone,
	"mail_id" text,
	"dropped" text,
	CONSTRAINT "notice_once" UNIQUE("person_id","kind","subject"),
	CONSTRAINT "notice_done" CHECK ((done_at is null) = (mail_id is null and dropped is null) and (mail_id is null or dropped is null))
);
--> statement-breakpoint
CREATE TABLE "notice_preference" (
	"person_id" text NOT NULL,
	"topic" text NOT NULL,
	"organization_id" text NOT NULL,
	"choice" text NOT NULL,
	"chosen_at" timestamp (3) with time zone DEFAULT tenure_now() NOT NULL,
	CONSTRAINT "notice_preference_person_id_topic_pk" PRIMARY KEY("person_id","topic")
);
--> statement-breakpoint
ALTER TABLE "notice_preference" ADD CONSTRAINT "notice_preference_person_id_person_id_fk" FOREIGN KEY ("person_id") REFERENCES "public"."person"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "notice_preference" ADD CONSTRAINT "notice_preference_organization_id_organization_id_fk" FOREIGN KEY ("organization_id") REFERENCES "public"."organization"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "notice_due_idx" ON "notice" USING btree ("due_at") WHERE done_at is null;--> statement-breakpoint
CREATE INDEX "notice_mail_idx" ON "notice" USING btree ("mail_id") WHERE mail_id is not null;--> statement-breakpoint
CREATE INDEX "notice_done_idx" ON "notice" USING btree ("done_at") WHERE done_at is not null;--> statement-breakpoint
CREATE INDEX "mail_recent_idx" ON "mail" USING btree ("to_person_id","kind","created_at");--> statement-breakpoint

-- Who is told of what is written here, by the statement that makes it true: whatever way it is written, nobody is forgotten, and
-- what is rolled back tells nobody. No row refers to a person or a fact by a key, because that would lock them. A mail is made
-- of what is due afterwards, by the worker; what is no longer true by then is dropped.
CREATE FUNCTION notice_stage() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  INSERT INTO notice (kind, person_id, subject, request_id, due_at)
  SELECT told.kind, h.person_id, r.id, r.id, told.due
  FROM access_request r
    JOIN person_role h ON h.role_id = NEW.role_id AND h.organization_id = NEW.organization_id
      AND h."from" <= tenure_now() AND (h.until IS NULL OR h.until > tenure_now())
    CROSS JOIN LATERAL (VALUES ('request-waits', r.asked_at),
      ('request-still-waits', r.asked_at + (NEW.lapses_at - r.asked_at) / 2)) AS told (kind, due)
  WHERE r.id = NEW.request_id AND r.state = 'waiting' AND h.person_id NOT IN (r.person_id, r.requested_by)
  ON CONFLICT DO NOTHING;
  RETURN NULL;
END $$;--> statement-breakpoint
CREATE TRIGGER notice_stage AFTER INSERT ON stage FOR EACH ROW EXECUTE FUNCTION notice_stage();--> statement-breakpoint

-- What became of a request: to whom it is about and who made it, but not to who did it. That access begins is told by the grant.
-- An approval waits a moment: usually access begins at once, and one message is enough.
CREATE FUNCTION notice_request() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  INSERT INTO notice (kind, person_id, subject, request_id, data, due_at)
  SELECT DISTINCT 'request-decided', told.person_id, NEW.id || '/' || NEW.state, NEW.id, jsonb_build_object('state', NEW.state),
    tenure_now() + CASE WHEN NEW.state = 'approved' AND coalesce(NEW.starts_at, NEW.asked_at) <= tenure_now()
      THEN interval '1 minute' ELSE interval '0' END
  FROM (VALUES (NEW.person_id), (NEW.requested_by)) AS told (person_id)
  WHERE told.person_id IS DISTINCT FROM tenure_person()
  ON CONFLICT DO NOTHING;
  RETURN NULL;
END $$;--> statement-breakpoint
CREATE TRIGGER notice_request AFTER UPDATE OF state ON access_request FOR EACH ROW
  WHEN (OLD.state IS DISTINCT FROM NEW.state AND (NEW.state <> 'granted' OR NEW.kind = 'extension'))
  EXECUTE FUNCTION notice_request();--> statement-breakpoint

-- Access that was asked for begins, ends soon, and ends: to its holder and who asked for it. The last tenth is soon, and ten
-- minutes at least; what is so short that this is more than half of it is told of at its beginning only.
CREATE FUNCTION notice_grant() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  lead interval := greatest(interval '10 minutes', (NEW.until - NEW."from") / 10);
BEGIN
  INSERT INTO notice (kind, person_id, subject, request_id, grant_id)
  SELECT DISTINCT CASE NEW.state WHEN 'held' THEN 'access-begun' ELSE 'access-ended' END, told.person_id, NEW.id, NEW.request_id, NEW.id
  FROM access_request r CROSS JOIN LATERAL (VALUES (NEW.person_id), (r.requested_by)) AS told (person_id)
  WHERE r.id = NEW.request_id AND (NEW.state = 'held' OR NEW.ended_by NOT IN ('rollback', 'offboarding')
    AND told.person_id IS DISTINCT FROM NEW.end_ordered_by)
  ON CONFLICT DO NOTHING;
  IF NEW.state = 'held' AND lead <= (NEW.until - NEW."from") / 2 THEN
    INSERT INTO notice (kind, person_id, subject, request_id, grant_id, due_at)
    VALUES ('ends-soon', NEW.person_id, NEW.id, NEW.request_id, NEW.id, NEW.until - lead)
    ON CONFLICT DO NOTHING;
  END IF;
  RETURN NULL;
END $$;--> statement-breakpoint
CREATE TRIGGER notice_grant AFTER UPDATE OF state ON access_grant FOR EACH ROW
  WHEN (OLD.state IS DISTINCT FROM NEW.state AND NEW.request_id IS NOT NULL AND NEW.state IN ('held', 'ended'))
  EXECUTE FUNCTION notice_grant();--> statement-breakpoint

-- Access that is past its end and not confirmed gone: to its holder, who shall not use it, and to security.
CREATE FUNCTION notice_overdue() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  INSERT INTO notice (kind, person_id, subject, request_id, grant_id)
  SELECT 'access-overdue', told.person_id, NEW.id, NEW.request_id, NEW.id
  FROM (
    SELECT NEW.person_id UNION
    SELECT h.person_id FROM role r JOIN person_role h ON h.role_id = r.id
    WHERE 'end-any-access' = ANY (r.duties) AND tenure_holds_role(h.person_id, h.role_id, tenure_vendor())) AS told (person_id)
  ON CONFLICT DO NOTHING;
  RETURN NULL;
END $$;--> statement-breakpoint
CREATE TRIGGER notice_overdue AFTER UPDATE OF overdue_alerted ON access_grant FOR EACH ROW
  WHEN (NEW.overdue_alerted AND NOT OLD.overdue_alerted) EXECUTE FUNCTION notice_overdue();--> statement-breakpoint

-- Everybody chooses for themselves, and the choice stays whose it is.
CREATE FUNCTION guard_notice_preference() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  IF NEW.person_id IS DISTINCT FROM coalesce(tenure_person(), NEW.person_id) OR NOT EXISTS (
       SELECT 1 FROM person WHERE id = NEW.person_id AND organization_id = NEW.organization_id) THEN
    RAISE EXCEPTION 'everybody chooses for themselves' USING ERRCODE = 'TN020';
  END IF;
  IF TG_OP = 'UPDATE' AND (NEW.person_id, NEW.topic) IS DISTINCT FROM (OLD.person_id, OLD.topic) THEN
    RAISE EXCEPTION 'a choice stays whose it is' USING ERRCODE = 'TN020';
  END IF;
  NEW.chosen_at := tenure_now();
  RETURN NEW;
END $$;--> statement-breakpoint
CREATE TRIGGER guard_notice_preference BEFORE INSERT OR UPDATE ON notice_preference FOR EACH ROW EXECUTE FUNCTION guard_notice_preference();--> statement-breakpoint
ALTER TABLE notice_preference ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE notice_preference FORCE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE POLICY tenant ON notice_preference USING (organization_id = (SELECT tenure_organization()));--> statement-breakpoint
REVOKE EXECUTE ON FUNCTION notice_stage(), notice_request(), notice_grant(), notice_overdue(), guard_notice_preference() FROM PUBLIC;
