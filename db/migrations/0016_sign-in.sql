CREATE TABLE "session" (
	"id" text PRIMARY KEY NOT NULL,
	"person_id" text NOT NULL,
	"organization_id" text NOT NULL,
	"method" text NOT NULL,
	"provider_id" text,
	"family_hash" text NOT NULL,
	"token_hash" text NOT NULL,
	"former_hash" text,
	"amr" text[] NOT NULL,
	"acr" text,
	"auth_time" timestamp (3) with time zone NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT tenure_now() NOT NULL,
	"rotated_at" timestamp (3) with time zone DEFAULT tenure_now() NOT NULL,
	"seen_at" timestamp (3) with time zone DEFAULT tenure_now() NOT NULL,
	"ends_at" timestamp (3) with time zone NOT NULL,
	"idle_ends_at" timestamp (3) with time zone NOT NULL,
	"ended_at" timestamp (3) with time zone,
	"ended_by" text,
	"ended_by_person" text,
	"browser" text NOT NULL,
	CONSTRAINT "session_family_hash_unique" UNIQUE("family_hash"),
	CONSTRAINT "session_span" CHECK (ends_at <= created_at + interval '24 hours' and idle_ends_at <= ends_at),
	CONSTRAINT "session_end" CHECK ((ended_at is null) = (ended_by is null)),
	CONSTRAINT "session_method" CHECK ((method = 'oidc') = (provider_id is not null))
);
--> statement-breakpoint
CREATE TABLE "sign_in_attempt" (
	"id" text PRIMARY KEY NOT NULL,
	"organization_id" text NOT NULL,
	"provider_id" text NOT NULL,
	"purpose" text NOT NULL,
	"person_id" text,
	"session_id" text,
	"state_hash" text NOT NULL,
	"nonce" text NOT NULL,
	"sealed_verifier" text NOT NULL,
	"browser_hash" text NOT NULL,
	"return_path" text NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT tenure_now() NOT NULL,
	"expires_at" timestamp (3) with time zone NOT NULL,
	"used_at" timestamp (3) with time zone,
	CONSTRAINT "sign_in_attempt_state_hash_unique" UNIQUE("state_hash")
);
--> statement-breakpoint
CREATE TABLE "sign_in_domain" (
	"id" text PRIMARY KEY NOT NULL,
	"organization_id" text NOT NULL,
	"domain" text NOT NULL,
	"token" text NOT NULL,
	"asked_by" text,
	"asked_at" timestamp (3) with time zone DEFAULT tenure_now() NOT NULL,
	"proof" text,
	"proven_at" timestamp (3) with time zone,
	"removed_at" timestamp (3) with time zone,
	CONSTRAINT "sign_in_domain_proof" CHECK ((proof is null) = (proven_at is null)),
	CONSTRAINT "sign_in_domain_form" CHECK (domain = lower(domain) and domain ~ '^[a-z0-9.-]+$')
);
--> statement-breakpoint
CREATE TABLE "sign_in_domain_acceptance" (
	"domain_id" text NOT NULL,
	"person_id" text NOT NULL,
	"organization_id" text NOT NULL,
	"accepted_at" timestamp (3) with time zone DEFAULT tenure_now() NOT NULL,
	CONSTRAINT "sign_in_domain_acceptance_domain_id_person_id_pk" PRIMARY KEY("domain_id","person_id")
);
--> statement-breakpoint
CREATE TABLE "sign_in_provider" (
	"id" text PRIMARY KEY NOT NULL,
	"organization_id" text NOT NULL,
	"name" text NOT NULL,
	"issuer" text NOT NULL,
	"client_id" text NOT NULL,
	"sealed_client_secret" text,
	"claims" jsonb NOT NULL,
	"state" text DEFAULT 'draft' NOT NULL,
	"created_by" text,
	"changed_by" text,
	"created_at" timestamp (3) with time zone DEFAULT tenure_now() NOT NULL,
	"changed_at" timestamp (3) with time zone DEFAULT tenure_now() NOT NULL,
	"tried_at" timestamp (3) with time zone,
	"live_at" timestamp (3) with time zone,
	"retired_at" timestamp (3) with time zone,
	CONSTRAINT "sign_in_provider_checkable" CHECK (issuer ~ '^https?://[^ ?#]+$' and client_id <> '')
);
--> statement-breakpoint
ALTER TABLE "session" ADD CONSTRAINT "session_person_id_person_id_fk" FOREIGN KEY ("person_id") REFERENCES "public"."person"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "session" ADD CONSTRAINT "session_organization_id_organization_id_fk" FOREIGN KEY ("organization_id") REFERENCES "public"."organization"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "session" ADD CONSTRAINT "session_ended_by_person_person_id_fk" FOREIGN KEY ("ended_by_person") REFERENCES "public"."person"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "sign_in_attempt" ADD CONSTRAINT "sign_in_attempt_organization_id_organization_id_fk" FOREIGN KEY ("organization_id") REFERENCES "public"."organization"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "sign_in_attempt" ADD CONSTRAINT "sign_in_attempt_provider_id_sign_in_provider_id_fk" FOREIGN KEY ("provider_id") REFERENCES "public"."sign_in_provider"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "sign_in_attempt" ADD CONSTRAINT "sign_in_attempt_person_id_person_id_fk" FOREIGN KEY ("person_id") REFERENCES "public"."person"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "sign_in_attempt" ADD CONSTRAINT "sign_in_attempt_session_id_session_id_fk" FOREIGN KEY ("session_id") REFERENCES "public"."session"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "sign_in_domain" ADD CONSTRAINT "sign_in_domain_organization_id_organization_id_fk" FOREIGN KEY ("organization_id") REFERENCES "public"."organization"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "sign_in_domain" ADD CONSTRAINT "sign_in_domain_asked_by_person_id_fk" FOREIGN KEY ("asked_by") REFERENCES "public"."person"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "sign_in_domain_acceptance" ADD CONSTRAINT "sign_in_domain_acceptance_domain_id_sign_in_domain_id_fk" FOREIGN KEY ("domain_id") REFERENCES "public"."sign_in_domain"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "sign_in_domain_acceptance" ADD CONSTRAINT "sign_in_domain_acceptance_person_id_person_id_fk" FOREIGN KEY ("person_id") REFERENCES "public"."person"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "sign_in_domain_acceptance" ADD CONSTRAINT "sign_in_domain_acceptance_organization_id_organization_id_fk" FOREIGN KEY ("organization_id") REFERENCES "public"."organization"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "sign_in_provider" ADD CONSTRAINT "sign_in_provider_organization_id_organization_id_fk" FOREIGN KEY ("organization_id") REFERENCES "public"."organization"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "sign_in_provider" ADD CONSTRAINT "sign_in_provider_created_by_person_id_fk" FOREIGN KEY ("created_by") REFERENCES "public"."person"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "sign_in_provider" ADD CONSTRAINT "sign_in_provider_changed_by_person_id_fk" FOREIGN KEY ("changed_by") REFERENCES "public"."person"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "session_person_idx" ON "session" USING btree ("person_id","id");--> statement-breakpoint
CREATE INDEX "session_organization_idx" ON "session" USING btree ("organization_id") WHERE ended_at is null;--> statement-breakpoint
CREATE INDEX "sign_in_attempt_expiry_idx" ON "sign_in_attempt" USING btree ("expires_at");--> statement-breakpoint
CREATE UNIQUE INDEX "sign_in_domain_one_owner" ON "sign_in_domain" USING btree ("domain") WHERE proof is not null and removed_at is null;--> statement-breakpoint
CREATE UNIQUE INDEX "sign_in_domain_once" ON "sign_in_domain" USING btree ("organization_id","domain") WHERE removed_at is null;--> statement-breakpoint
CREATE UNIQUE INDEX "sign_in_provider_one_live" ON "sign_in_provider" USING btree ("organization_id") WHERE state = 'live';--> statement-breakpoint
CREATE INDEX "sign_in_provider_organization_idx" ON "sign_in_provider" USING btree ("organization_id","id");--> statement-breakpoint

-- Whoever manages an organization's people also says through whom these sign in. What a provider was tried with is what goes
-- live: a change makes it a draft again, and what is or was live does not change any more. A provider says who is who, so whoever
-- lets it live did not write it; and the vendor's people alone do not say it of a customer that has administrators of its own.
CREATE FUNCTION guard_sign_in_provider() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  doing text := tenure_person();
BEGIN
  IF doing IS NOT NULL AND NOT tenure_manages(doing, NEW.organization_id) THEN
    RAISE EXCEPTION 'these people''s sign-in is managed by others' USING ERRCODE = 'TN020';
  END IF;
  IF TG_OP = 'INSERT' THEN
    IF doing IS NOT NULL AND (NEW.state <> 'draft' OR (NEW.created_by, NEW.changed_by) IS DISTINCT FROM (doing, doing)) THEN
      RAISE EXCEPTION 'a provider begins as a draft of whoever writes it' USING ERRCODE = 'TN030';
    END IF;
    RETURN NEW;
  END IF;
  IF (NEW.id, NEW.organization_id, NEW.created_by, NEW.created_at) IS DISTINCT FROM
     (OLD.id, OLD.organization_id, OLD.created_by, OLD.created_at) THEN
    RAISE EXCEPTION 'a provider stays whose it is' USING ERRCODE = 'TN030';
  END IF;
  IF (NEW.name, NEW.issuer, NEW.client_id, NEW.sealed_client_secret, NEW.claims, NEW.changed_by) IS DISTINCT FROM
     (OLD.name, OLD.issuer, OLD.client_id, OLD.sealed_client_secret, OLD.claims, OLD.changed_by) AND doing IS NOT NULL
     AND NOT (OLD.state IN ('draft', 'tried') AND NEW.state = 'draft' AND NEW.changed_by = doing) THEN
    RAISE EXCEPTION 'what was tried is what goes live' USING ERRCODE = 'TN030';
  END IF;
  IF NEW.state <> OLD.state AND NOT (
       (OLD.state = 'draft' AND NEW.state IN ('tried', 'retired'))
    OR (OLD.state = 'tried' AND NEW.state IN ('draft', 'live', 'retired'))
    OR (OLD.state = 'live' AND NEW.state = 'retired')) THEN
    RAISE EXCEPTION 'a provider that is % does not become %', OLD.state, NEW.state USING ERRCODE = 'TN030';
  END IF;
  IF OLD.state <> 'live' AND NEW.state = 'live' AND NOT EXISTS (
       SELECT 1 FROM sign_in_domain WHERE organization_id = NEW.organization_id AND proof IS NOT NULL AND removed_at IS NULL) THEN
    RAISE EXCEPTION 'nobody could sign in: no domain is proven' USING ERRCODE = 'TN032';
  END IF;
  IF OLD.state <> 'live' AND NEW.state = 'live' AND doing IS NOT NULL THEN
    IF NEW.changed_by = doing THEN
      RAISE EXCEPTION 'a second person is needed' USING ERRCODE = 'TN001';
    END IF;
    IF NEW.organization_id <> tenure_vendor()
       AND NOT EXISTS (SELECT 1 FROM person WHERE id IN (doing, NEW.changed_by) AND organization_id = NEW.organization_id)
       AND EXISTS (SELECT 1 FROM person_role h JOIN role r ON r.id = h.role_id WHERE h.organization_id = NEW.organization_id
         AND 'administer-customer' = ANY (r.duties) AND tenure_holds_role(h.person_id, h.role_id, NEW.organization_id)) THEN
      RAISE EXCEPTION 'one of its own administrators is needed' USING ERRCODE = 'TN035';
    END IF;
  END IF;
  RETURN NEW;
END $$;--> statement-breakpoint
CREATE TRIGGER guard_sign_in_provider BEFORE INSERT OR UPDATE ON sign_in_provider FOR EACH ROW EXECUTE FUNCTION guard_sign_in_provider();--> statement-breakpoint

-- A domain is claimed by whoever manages the organization's people. Its proof comes once: from the domain itself, or from two of
-- the vendor's people who did not ask for it.
CREATE FUNCTION guard_sign_in_domain() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  doing text := tenure_person();
BEGIN
  IF TG_OP = 'INSERT' THEN
    IF doing IS NOT NULL AND NOT tenure_manages(doing, NEW.organization_id) THEN
      RAISE EXCEPTION 'these people''s sign-in is managed by others' USING ERRCODE = 'TN020';
    END IF;
    IF doing IS NOT NULL AND (NEW.proof IS NOT NULL OR NEW.removed_at IS NOT NULL OR NEW.asked_by IS DISTINCT FROM doing) THEN
      RAISE EXCEPTION 'a claim is no proof' USING ERRCODE = 'TN031';
    END IF;
    RETURN NEW;
  END IF;
  IF (NEW.id, NEW.organization_id, NEW.domain, NEW.token, NEW.asked_by, NEW.asked_at) IS DISTINCT FROM
     (OLD.id, OLD.organization_id, OLD.domain, OLD.token, OLD.asked_by, OLD.asked_at) OR OLD.removed_at IS NOT NULL
     OR (OLD.proof IS NOT NULL AND (NEW.proof, NEW.proven_at) IS DISTINCT FROM (OLD.proof, OLD.proven_at)) THEN
    RAISE EXCEPTION 'a claim stays what it is' USING ERRCODE = 'TN031';
  END IF;
  IF NEW.removed_at IS NOT NULL AND doing IS NOT NULL AND NOT tenure_manages(doing, NEW.organization_id) THEN
    RAISE EXCEPTION 'these people''s sign-in is managed by others' USING ERRCODE = 'TN020';
  END IF;
  IF OLD.proof IS NULL AND NEW.proof IS NOT NULL THEN
    NEW.proven_at := tenure_now();
    IF NEW.proof = 'dns' AND doing IS NOT NULL AND NOT tenure_manages(doing, NEW.organization_id) THEN
      RAISE EXCEPTION 'these people''s sign-in is managed by others' USING ERRCODE = 'TN020';
    END IF;
    IF NEW.proof = 'accepted' AND 2 > (SELECT count(*) FROM sign_in_domain_acceptance a
         WHERE a.domain_id = NEW.id AND a.person_id IS DISTINCT FROM NEW.asked_by AND (
           tenure_has_duty(a.person_id, 'manage-access', tenure_vendor()) OR tenure_has_duty(a.person_id, 'release-fences', tenure_vendor()))) THEN
      RAISE EXCEPTION 'two people who did not ask for it are needed' USING ERRCODE = 'TN001';
    END IF;
    IF NEW.proof = 'local' AND doing IS NOT NULL THEN
      RAISE EXCEPTION 'nobody proves a domain by saying so' USING ERRCODE = 'TN031';
    END IF;
  END IF;
  RETURN NEW;
END $$;--> statement-breakpoint
CREATE TRIGGER guard_sign_in_domain BEFORE INSERT OR UPDATE ON sign_in_domain FOR EACH ROW EXECUTE FUNCTION guard_sign_in_domain();--> statement-breakpoint

CREATE FUNCTION guard_sign_in_domain_acceptance() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  claim sign_in_domain;
BEGIN
  SELECT * INTO claim FROM sign_in_domain WHERE id = NEW.domain_id FOR NO KEY UPDATE;
  IF NEW.person_id IS DISTINCT FROM coalesce(tenure_person(), NEW.person_id) OR NOT (
       tenure_has_duty(NEW.person_id, 'manage-access', tenure_vendor()) OR tenure_has_duty(NEW.person_id, 'release-fences', tenure_vendor())) THEN
    RAISE EXCEPTION 'domains are accepted by other people' USING ERRCODE = 'TN020';
  END IF;
  IF NEW.person_id IS NOT DISTINCT FROM claim.asked_by THEN
    RAISE EXCEPTION 'nobody accepts what they asked for' USING ERRCODE = 'TN001';
  END IF;
  IF claim.organization_id IS DISTINCT FROM NEW.organization_id OR claim.proof IS NOT NULL OR claim.removed_at IS NOT NULL THEN
    RAISE EXCEPTION 'this claim no longer waits' USING ERRCODE = 'TN031';
  END IF;
  NEW.accepted_at := tenure_now();
  RETURN NEW;
END $$;--> statement-breakpoint
CREATE TRIGGER guard_sign_in_domain_acceptance BEFORE INSERT ON sign_in_domain_acceptance
  FOR EACH ROW EXECUTE FUNCTION guard_sign_in_domain_acceptance();--> statement-breakpoint
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON sign_in_domain_acceptance FOR EACH ROW EXECUTE FUNCTION refuse_change();--> statement-breakpoint

-- An attempt is good once.
CREATE FUNCTION guard_sign_in_attempt() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.used_at IS NOT NULL OR (to_jsonb(NEW) - 'used_at') IS DISTINCT FROM (to_jsonb(OLD) - 'used_at') THEN
    RAISE EXCEPTION 'an attempt is good once' USING ERRCODE = 'TN030';
  END IF;
  NEW.used_at := tenure_now();
  RETURN NEW;
END $$;--> statement-breakpoint
CREATE TRIGGER guard_sign_in_attempt BEFORE UPDATE ON sign_in_attempt FOR EACH ROW EXECUTE FUNCTION guard_sign_in_attempt();--> statement-breakpoint

-- Who is linked to a provider's subject stays linked to it, and nobody is linked across organizations or to two subjects of one
-- provider.
CREATE FUNCTION guard_source_identity() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  IF NEW.source NOT LIKE 'oidc:%' THEN RETURN NEW; END IF;
  IF TG_OP = 'UPDATE' AND (NEW.person_id, NEW.organization_id, NEW.source, NEW.external_id)
     IS DISTINCT FROM (OLD.person_id, OLD.organization_id, OLD.source, OLD.external_id) THEN
    RAISE EXCEPTION 'whom a provider means stays the same' USING ERRCODE = 'TN011';
  END IF;
  IF NOT EXISTS (SELECT 1 FROM person WHERE id = NEW.person_id AND organization_id = NEW.organization_id) THEN
    RAISE EXCEPTION 'a provider means people of its own organization' USING ERRCODE = 'TN033';
  END IF;
  RETURN NEW;
END $$;--> statement-breakpoint
CREATE TRIGGER guard_source_identity BEFORE INSERT OR UPDATE ON source_identity FOR EACH ROW EXECUTE FUNCTION guard_source_identity();--> statement-breakpoint
CREATE UNIQUE INDEX "source_identity_one_subject" ON "source_identity" USING btree ("person_id","source") WHERE source like 'oidc:%';--> statement-breakpoint

-- A session begins for somebody who is here, by a provider of their own organization that is live. It stays whose it is, how they
-- signed in changes only with its token, and when it has ended nothing of it changes.
CREATE FUNCTION guard_session() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  doing text := tenure_person();
BEGIN
  IF TG_OP = 'INSERT' THEN
    IF NEW.person_id IS DISTINCT FROM coalesce(doing, NEW.person_id) OR NEW.ended_at IS NOT NULL OR NOT EXISTS (
         SELECT 1 FROM person p JOIN organization o ON o.id = p.organization_id
         WHERE p.id = NEW.person_id AND p.organization_id = NEW.organization_id AND p.suspended_at IS NULL AND p.offboarded_at IS NULL
           AND (p.starts_at IS NULL OR p.starts_at <= tenure_now()) AND (p.ends_at IS NULL OR p.ends_at > tenure_now())
           AND o.suspended_at IS NULL)
       OR NEW.method = 'oidc' AND NOT EXISTS (
         SELECT 1 FROM sign_in_provider i WHERE i.id = NEW.provider_id AND i.organization_id = NEW.organization_id AND i.state = 'live') THEN
      RAISE EXCEPTION 'nobody signs in like this' USING ERRCODE = 'TN033';
    END IF;
    NEW.created_at := tenure_now();
    NEW.rotated_at := NEW.created_at;
    RETURN NEW;
  END IF;
  IF OLD.ended_at IS NOT NULL THEN
    RAISE EXCEPTION 'a session that has ended stays ended' USING ERRCODE = 'TN034';
  END IF;
  IF (NEW.id, NEW.person_id, NEW.organization_id, NEW.method, NEW.provider_id, NEW.family_hash, NEW.created_at, NEW.ends_at, NEW.browser)
     IS DISTINCT FROM (OLD.id, OLD.person_id, OLD.organization_id, OLD.method, OLD.provider_id, OLD.family_hash, OLD.created_at, OLD.ends_at, OLD.browser) THEN
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
CREATE TRIGGER guard_session BEFORE INSERT OR UPDATE ON session FOR EACH ROW EXECUTE FUNCTION guard_session();--> statement-breakpoint

DO $$
DECLARE
  the_table text;
BEGIN
  FOREACH the_table IN ARRAY ARRAY['sign_in_provider', 'sign_in_domain', 'session']
  LOOP
    EXECUTE format('CREATE TRIGGER no_delete BEFORE DELETE ON %I FOR EACH ROW EXECUTE FUNCTION refuse_change()', the_table);
    EXECUTE format('CREATE TRIGGER no_truncate BEFORE TRUNCATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()', the_table);
  END LOOP;
  -- The vendor runs its customers' directory; a customer sees what is of its own people.
  FOREACH the_table IN ARRAY ARRAY['sign_in_provider', 'sign_in_domain', 'sign_in_domain_acceptance', 'sign_in_attempt', 'session']
  LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', the_table);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', the_table);
    EXECUTE format('CREATE POLICY tenant ON %I USING (organization_id = (SELECT tenure_organization())
      OR (SELECT tenure_organization() = tenure_vendor()))', the_table);
  END LOOP;
END $$;--> statement-breakpoint

-- Once for a statement: how an organization signs in is written by somebody. Attempts, sessions and links come before it is known who.
DO $$
DECLARE
  written text;
BEGIN
  FOREACH written IN ARRAY ARRAY['sign_in_provider', 'sign_in_domain', 'sign_in_domain_acceptance']
  LOOP
    EXECUTE format('CREATE TRIGGER guard_somebody BEFORE INSERT OR UPDATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION guard_somebody()', written);
  END LOOP;
END $$;--> statement-breakpoint

-- The change table behind the new facts. When a session was last used is no fact.
CREATE TRIGGER note_change AFTER INSERT OR UPDATE OR DELETE ON sign_in_provider FOR EACH ROW EXECUTE FUNCTION note_change_by_id();--> statement-breakpoint
CREATE TRIGGER note_change AFTER INSERT OR UPDATE OR DELETE ON sign_in_domain FOR EACH ROW EXECUTE FUNCTION note_change_by_id();--> statement-breakpoint
CREATE TRIGGER note_change AFTER INSERT ON session FOR EACH ROW EXECUTE FUNCTION note_change_by_id();--> statement-breakpoint
CREATE TRIGGER note_changed_fact AFTER UPDATE ON session FOR EACH ROW
  WHEN ((OLD.ended_at, OLD.auth_time) IS DISTINCT FROM (NEW.ended_at, NEW.auth_time)) EXECUTE FUNCTION note_change_by_id();--> statement-breakpoint
DO $$
DECLARE
  guard regprocedure;
BEGIN
  FOR guard IN SELECT oid FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND prorettype = 'trigger'::regtype
  LOOP
    EXECUTE format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC', guard);
  END LOOP;
END $$;
