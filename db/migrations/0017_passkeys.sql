CREATE TABLE "passkey" (
	"id" text PRIMARY KEY NOT NULL,
	"person_id" text NOT NULL,
	"organization_id" text NOT NULL,
	"credential_id" text NOT NULL,
	"public_key" text NOT NULL,
	"counter" bigint NOT NULL,
	"transports" text[] NOT NULL,
	"backed_up" boolean NOT NULL,
	"name" text NOT NULL,
	"made_by" text NOT NULL,
	"challenge_id" text NOT NULL,
	"made_at" timestamp (3) with time zone DEFAULT tenure_now() NOT NULL,
	"last_used_at" timestamp (3) with time zone,
	"revoked_at" timestamp (3) with time zone,
	"revoked_by" text,
	"revoked_by_person" text,
	CONSTRAINT "passkey_credential_id_unique" UNIQUE("credential_id"),
	CONSTRAINT "passkey_challenge_id_unique" UNIQUE("challenge_id"),
	CONSTRAINT "passkey_counter" CHECK (counter >= 0),
	CONSTRAINT "passkey_end" CHECK ((revoked_at is null) = (revoked_by is null))
);
--> statement-breakpoint
CREATE TABLE "passkey_challenge" (
	"id" text PRIMARY KEY NOT NULL,
	"organization_id" text NOT NULL,
	"purpose" text NOT NULL,
	"person_id" text,
	"session_id" text,
	"ticket_id" text,
	"browser_hash" text NOT NULL,
	"challenge" text NOT NULL,
	"nonce" text NOT NULL,
	"signs" jsonb,
	"passkey_id" text,
	"assertion" jsonb,
	"created_at" timestamp (3) with time zone DEFAULT tenure_now() NOT NULL,
	"expires_at" timestamp (3) with time zone NOT NULL,
	"used_at" timestamp (3) with time zone,
	CONSTRAINT "passkey_challenge_challenge_unique" UNIQUE("challenge"),
	CONSTRAINT "passkey_challenge_purpose" CHECK (case purpose
      when 'enrol' then person_id is not null and (session_id is null) <> (ticket_id is null) and signs is null
      when 'sign-in' then person_id is null and session_id is null and ticket_id is null and signs is null
      else person_id is not null and session_id is not null and ticket_id is null and signs is not null end)
);
--> statement-breakpoint
CREATE TABLE "passkey_ticket" (
	"id" text PRIMARY KEY NOT NULL,
	"person_id" text NOT NULL,
	"organization_id" text NOT NULL,
	"welcome_id" text NOT NULL,
	"token_hash" text NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT tenure_now() NOT NULL,
	"expires_at" timestamp (3) with time zone NOT NULL,
	"used_at" timestamp (3) with time zone,
	CONSTRAINT "passkey_ticket_welcome_id_unique" UNIQUE("welcome_id"),
	CONSTRAINT "passkey_ticket_token_hash_unique" UNIQUE("token_hash")
);
--> statement-breakpoint
ALTER TABLE "session" ADD COLUMN "passkey_id" text;--> statement-breakpoint
ALTER TABLE "access_request" ADD COLUMN "needs_mfa" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "access_request" ADD COLUMN "fresh_ms" bigint;--> statement-breakpoint
ALTER TABLE "access_request" ADD COLUMN "signed_by" text;--> statement-breakpoint
ALTER TABLE "decision" ADD COLUMN "signed_by" text;--> statement-breakpoint
ALTER TABLE "passkey" ADD CONSTRAINT "passkey_person_id_person_id_fk" FOREIGN KEY ("person_id") REFERENCES "public"."person"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "passkey" ADD CONSTRAINT "passkey_organization_id_organization_id_fk" FOREIGN KEY ("organization_id") REFERENCES "public"."organization"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "passkey" ADD CONSTRAINT "passkey_revoked_by_person_person_id_fk" FOREIGN KEY ("revoked_by_person") REFERENCES "public"."person"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "passkey_challenge" ADD CONSTRAINT "passkey_challenge_organization_id_organization_id_fk" FOREIGN KEY ("organization_id") REFERENCES "public"."organization"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "passkey_challenge" ADD CONSTRAINT "passkey_challenge_person_id_person_id_fk" FOREIGN KEY ("person_id") REFERENCES "public"."person"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "passkey_challenge" ADD CONSTRAINT "passkey_challenge_session_id_session_id_fk" FOREIGN KEY ("session_id") REFERENCES "public"."session"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "passkey_challenge" ADD CONSTRAINT "passkey_challenge_ticket_id_passkey_ticket_id_fk" FOREIGN KEY ("ticket_id") REFERENCES "public"."passkey_ticket"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "passkey_challenge" ADD CONSTRAINT "passkey_challenge_passkey_id_passkey_id_fk" FOREIGN KEY ("passkey_id") REFERENCES "public"."passkey"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "passkey_ticket" ADD CONSTRAINT "passkey_ticket_person_id_person_id_fk" FOREIGN KEY ("person_id") REFERENCES "public"."person"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "passkey_ticket" ADD CONSTRAINT "passkey_ticket_organization_id_organization_id_fk" FOREIGN KEY ("organization_id") REFERENCES "public"."organization"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "passkey_ticket" ADD CONSTRAINT "passkey_ticket_welcome_id_welcome_id_fk" FOREIGN KEY ("welcome_id") REFERENCES "public"."welcome"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "passkey_person_idx" ON "passkey" USING btree ("person_id","id");--> statement-breakpoint
CREATE INDEX "session_passkey_idx" ON "session" USING btree ("passkey_id") WHERE passkey_id is not null;--> statement-breakpoint
CREATE INDEX "passkey_challenge_expiry_idx" ON "passkey_challenge" USING btree ("expires_at") WHERE used_at is null;--> statement-breakpoint
CREATE UNIQUE INDEX "access_request_signed_once" ON "access_request" USING btree ("signed_by") WHERE signed_by is not null;--> statement-breakpoint
CREATE UNIQUE INDEX "decision_signed_once" ON "decision" USING btree ("signed_by") WHERE signed_by is not null;--> statement-breakpoint

-- Somebody works here now, neither they nor their organization suspended.
CREATE FUNCTION tenure_is_here(the_person text, the_organization text) RETURNS boolean
LANGUAGE sql STABLE AS $$
  SELECT EXISTS (
    SELECT 1 FROM person p JOIN organization o ON o.id = p.organization_id
    WHERE p.id = the_person AND p.organization_id = the_organization AND p.suspended_at IS NULL AND p.offboarded_at IS NULL
      AND (p.starts_at IS NULL OR p.starts_at <= tenure_now()) AND (p.ends_at IS NULL OR p.ends_at > tenure_now())
      AND o.suspended_at IS NULL)
$$;--> statement-breakpoint

-- Passkeys let nobody in where an identity provider says who is who: there they are a second factor.
CREATE FUNCTION tenure_has_provider(the_organization text) RETURNS boolean
LANGUAGE sql STABLE AS $$
  SELECT EXISTS (SELECT 1 FROM sign_in_provider WHERE organization_id = the_organization AND state = 'live')
$$;--> statement-breakpoint

-- A ticket is given for a welcome that its own person has just confirmed, and is good once.
CREATE FUNCTION guard_passkey_ticket() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    IF NEW.person_id IS DISTINCT FROM coalesce(tenure_person(), NEW.person_id) OR NEW.used_at IS NOT NULL
       OR NEW.expires_at > tenure_now() + interval '10 minutes' OR tenure_has_provider(NEW.organization_id)
       OR NOT tenure_is_here(NEW.person_id, NEW.organization_id) OR NOT EXISTS (
         SELECT 1 FROM welcome w WHERE w.id = NEW.welcome_id AND w.person_id = NEW.person_id
           AND w.confirmed_at > tenure_now() - interval '1 minute') THEN
      RAISE EXCEPTION 'nobody makes a passkey like this' USING ERRCODE = 'TN033';
    END IF;
    NEW.created_at := tenure_now();
    RETURN NEW;
  END IF;
  IF OLD.used_at IS NOT NULL OR OLD.expires_at <= tenure_now()
     OR (to_jsonb(NEW) - 'used_at') IS DISTINCT FROM (to_jsonb(OLD) - 'used_at') THEN
    RAISE EXCEPTION 'a ticket is good once' USING ERRCODE = 'TN033';
  END IF;
  NEW.used_at := tenure_now();
  RETURN NEW;
END $$;--> statement-breakpoint
CREATE TRIGGER guard_passkey_ticket BEFORE INSERT OR UPDATE ON passkey_ticket FOR EACH ROW EXECUTE FUNCTION guard_passkey_ticket();--> statement-breakpoint

-- A challenge is somebody's own, good once and for its purpose; what was signed with it is written once, and stays.
CREATE FUNCTION guard_passkey_challenge() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN
    IF OLD.used_at IS NOT NULL OR OLD.expires_at > tenure_now() THEN
      RAISE EXCEPTION 'what was signed stays' USING ERRCODE = 'TN011';
    END IF;
    RETURN OLD;
  END IF;
  IF TG_OP = 'INSERT' THEN
    IF NEW.person_id IS DISTINCT FROM coalesce(tenure_person(), NEW.person_id)
       OR NEW.used_at IS NOT NULL OR NEW.passkey_id IS NOT NULL OR NEW.assertion IS NOT NULL
       OR NEW.expires_at > tenure_now() + interval '5 minutes'
       OR NEW.session_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM session s WHERE s.id = NEW.session_id AND s.person_id = NEW.person_id
            AND s.organization_id = NEW.organization_id AND s.ended_at IS NULL)
       OR NEW.ticket_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM passkey_ticket t WHERE t.id = NEW.ticket_id
            AND t.person_id = NEW.person_id AND t.organization_id = NEW.organization_id AND t.used_at IS NULL AND t.expires_at > tenure_now()) THEN
      RAISE EXCEPTION 'nobody is asked for a passkey like this' USING ERRCODE = 'TN033';
    END IF;
    NEW.created_at := tenure_now();
    RETURN NEW;
  END IF;
  IF (to_jsonb(NEW) - ARRAY['used_at', 'passkey_id', 'assertion']) IS DISTINCT FROM (to_jsonb(OLD) - ARRAY['used_at', 'passkey_id', 'assertion'])
     OR OLD.passkey_id IS NOT NULL OR OLD.used_at IS NOT NULL AND (NEW.used_at IS DISTINCT FROM OLD.used_at OR NEW.passkey_id IS NULL)
     OR OLD.used_at IS NULL AND (NEW.used_at IS NULL OR NEW.passkey_id IS NOT NULL OR NEW.assertion IS NOT NULL) THEN
    RAISE EXCEPTION 'a challenge is good once' USING ERRCODE = 'TN030';
  END IF;
  IF OLD.used_at IS NULL THEN
    NEW.used_at := tenure_now();
  ELSIF OLD.used_at <= tenure_now() - interval '1 minute' OR NOT EXISTS (SELECT 1 FROM passkey k WHERE k.id = NEW.passkey_id
      AND k.revoked_at IS NULL AND k.person_id = coalesce(NEW.person_id, k.person_id)) THEN
    RAISE EXCEPTION 'nobody signs like this' USING ERRCODE = 'TN033';
  END IF;
  RETURN NEW;
END $$;--> statement-breakpoint
CREATE TRIGGER guard_passkey_challenge BEFORE INSERT OR UPDATE OR DELETE ON passkey_challenge
  FOR EACH ROW EXECUTE FUNCTION guard_passkey_challenge();--> statement-breakpoint

-- A passkey is made by its own person, who is here: with the ticket of a confirmed welcome, or with a session in which they have just
-- shown who they are. It stays what it is, its counter never goes back, and once revoked it is worth nothing.
CREATE FUNCTION guard_passkey() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
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
  IF (to_jsonb(NEW) - ARRAY['counter', 'backed_up', 'last_used_at', 'revoked_at', 'revoked_by', 'revoked_by_person'])
     IS DISTINCT FROM (to_jsonb(OLD) - ARRAY['counter', 'backed_up', 'last_used_at', 'revoked_at', 'revoked_by', 'revoked_by_person']) THEN
    RAISE EXCEPTION 'a passkey stays what it is' USING ERRCODE = 'TN011';
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
CREATE TRIGGER guard_passkey BEFORE INSERT OR UPDATE ON passkey FOR EACH ROW EXECUTE FUNCTION guard_passkey();--> statement-breakpoint

-- Whatever says that it was signed names a signature of its own person, made just now, about exactly this.
CREATE FUNCTION guard_signed_decision() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  IF NOT EXISTS (SELECT 1 FROM passkey_challenge c WHERE c.id = NEW.signed_by AND c.purpose = 'step-up' AND c.passkey_id IS NOT NULL
       AND c.person_id = NEW.person_id AND c.used_at > tenure_now() - interval '5 minutes' AND c.signs->>'kind' = 'decision'
       AND c.signs->>'about' = NEW.request_id AND c.signs->>'verb' = NEW.decision AND c.signs->>'digest' = NEW.request_digest) THEN
    RAISE EXCEPTION 'something else was signed' USING ERRCODE = 'TN038';
  END IF;
  RETURN NEW;
END $$;--> statement-breakpoint
CREATE TRIGGER guard_signed_decision BEFORE INSERT ON decision FOR EACH ROW WHEN (NEW.signed_by IS NOT NULL)
  EXECUTE FUNCTION guard_signed_decision();--> statement-breakpoint
CREATE FUNCTION guard_signed_request() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  IF NOT EXISTS (SELECT 1 FROM passkey_challenge c WHERE c.id = NEW.signed_by AND c.purpose = 'step-up' AND c.passkey_id IS NOT NULL
       AND c.person_id = NEW.requested_by AND c.used_at > tenure_now() - interval '5 minutes'
       AND c.signs->>'kind' = CASE NEW.kind WHEN 'extension' THEN 'extension' ELSE 'access_request' END
       AND c.signs->>'about' IS NOT DISTINCT FROM NEW.extends_request_id) THEN
    RAISE EXCEPTION 'something else was signed' USING ERRCODE = 'TN038';
  END IF;
  RETURN NEW;
END $$;--> statement-breakpoint
CREATE TRIGGER guard_signed_request BEFORE INSERT ON access_request FOR EACH ROW WHEN (NEW.signed_by IS NOT NULL)
  EXECUTE FUNCTION guard_signed_request();--> statement-breakpoint
-- What was said when asking includes what whoever approves must show.
CREATE TRIGGER guard_request_needs BEFORE UPDATE OF needs_mfa, fresh_ms, signed_by ON access_request
  FOR EACH ROW EXECUTE FUNCTION guard_request_words();--> statement-breakpoint

-- As before, and one that begins by a passkey begins by a live one of the same person, where no provider says who is who.
CREATE OR REPLACE FUNCTION guard_session() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  doing text := tenure_person();
BEGIN
  IF TG_OP = 'INSERT' THEN
    IF NEW.person_id IS DISTINCT FROM coalesce(doing, NEW.person_id) OR NEW.ended_at IS NOT NULL
       OR NOT tenure_is_here(NEW.person_id, NEW.organization_id)
       OR NEW.method = 'oidc' AND NOT EXISTS (
         SELECT 1 FROM sign_in_provider i WHERE i.id = NEW.provider_id AND i.organization_id = NEW.organization_id AND i.state = 'live')
       OR NEW.method = 'passkey' AND NOT tenure_is_engine() AND (tenure_has_provider(NEW.organization_id) OR NOT EXISTS (
         SELECT 1 FROM passkey k WHERE k.id = NEW.passkey_id AND k.person_id = NEW.person_id AND k.revoked_at IS NULL)) THEN
      RAISE EXCEPTION 'nobody signs in like this' USING ERRCODE = 'TN033';
    END IF;
    NEW.created_at := tenure_now();
    NEW.rotated_at := NEW.created_at;
    RETURN NEW;
  END IF;
  IF OLD.ended_at IS NOT NULL THEN
    RAISE EXCEPTION 'a session that has ended stays ended' USING ERRCODE = 'TN034';
  END IF;
  IF (NEW.id, NEW.person_id, NEW.organization_id, NEW.method, NEW.provider_id, NEW.passkey_id, NEW.family_hash, NEW.created_at, NEW.ends_at, NEW.browser)
     IS DISTINCT FROM (OLD.id, OLD.person_id, OLD.organization_id, OLD.method, OLD.provider_id, OLD.passkey_id, OLD.family_hash, OLD.created_at, OLD.ends_at, OLD.browser) THEN
    RAISE EXCEPTION 'a session stays what it is' USING ERRCODE = 'TN034';
  END IF;
  IF NEW.token_hash = OLD.token_hash AND (NEW.amr, NEW.acr, NEW.auth_time, NEW.former_hash, NEW.rotated_at)
       IS DISTINCT FROM (OLD.amr, OLD.acr, OLD.auth_time, OLD.former_hash, OLD.rotated_at)
     OR NEW.token_hash <> OLD.token_hash AND NEW.former_hash IS DISTINCT FROM OLD.token_hash THEN
    RAISE EXCEPTION 'a session is stepped up with a new token' USING ERRCODE = 'TN034';
  END IF;
  IF NEW.ended_at IS NOT NULL THEN
    NEW.ended_at := tenure_now();
    IF doing IS NOT NULL AND doing <> NEW.person_id AND NOT tenure_manages(doing, NEW.organization_id)
       AND NOT tenure_has_duty(doing, 'end-any-access', tenure_vendor()) AND NOT tenure_has_duty(doing, 'release-fences', tenure_vendor()) THEN
      RAISE EXCEPTION 'the sessions of these people are ended by others' USING ERRCODE = 'TN020';
    END IF;
  END IF;
  RETURN NEW;
END $$;--> statement-breakpoint

DO $$
DECLARE
  the_table text;
BEGIN
  FOREACH the_table IN ARRAY ARRAY['passkey', 'passkey_ticket']
  LOOP
    EXECUTE format('CREATE TRIGGER no_delete BEFORE DELETE ON %I FOR EACH ROW EXECUTE FUNCTION refuse_change()', the_table);
  END LOOP;
  FOREACH the_table IN ARRAY ARRAY['passkey', 'passkey_ticket', 'passkey_challenge']
  LOOP
    EXECUTE format('CREATE TRIGGER no_truncate BEFORE TRUNCATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()', the_table);
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', the_table);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', the_table);
    EXECUTE format('CREATE POLICY tenant ON %I USING (organization_id = (SELECT tenure_organization())
      OR (SELECT tenure_organization() = tenure_vendor()))', the_table);
  END LOOP;
END $$;--> statement-breakpoint
CREATE TRIGGER guard_somebody BEFORE INSERT OR UPDATE ON passkey FOR EACH STATEMENT EXECUTE FUNCTION guard_somebody();--> statement-breakpoint
-- Whoever gets a passkey is told of it, whatever way it is written: the message is named after the passkey.
CREATE FUNCTION mail_passkey() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  the_mail text := 'mail_' || substr(NEW.id, 4);
BEGIN
  INSERT INTO mail (id, kind, to_person_id, organization_id, data)
  VALUES (the_mail, 'passkey-enrolled', NEW.person_id, NEW.organization_id, jsonb_build_object('at',
    to_char(NEW.made_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')));
  INSERT INTO outbox (kind, subject_id, message, due_at)
  VALUES ('mail', the_mail, jsonb_build_object('signal', null, 'id', the_mail, 'organization', NEW.organization_id, 'run', 1), tenure_now());
  RETURN NULL;
END $$;--> statement-breakpoint
CREATE TRIGGER mail_passkey AFTER INSERT ON passkey FOR EACH ROW EXECUTE FUNCTION mail_passkey();--> statement-breakpoint

CREATE TRIGGER note_change AFTER INSERT ON passkey FOR EACH ROW EXECUTE FUNCTION note_change_by_id();--> statement-breakpoint
CREATE TRIGGER note_changed_fact AFTER UPDATE ON passkey FOR EACH ROW
  WHEN (OLD.revoked_at IS DISTINCT FROM NEW.revoked_at) EXECUTE FUNCTION note_change_by_id();--> statement-breakpoint
DO $$
DECLARE
  guard regprocedure;
BEGIN
  FOR guard IN SELECT oid FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND prorettype = 'trigger'::regtype
  LOOP
    EXECUTE format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC', guard);
  END LOOP;
END $$;
