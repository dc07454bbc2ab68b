-- Whose word is a customer's own. Its administrators agree to the vendor's access, so somebody whom the vendor's people made one
-- of them must not do so before the others could notice.
ALTER TABLE "membership" ADD COLUMN "vendor_made_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "consent_override" ADD COLUMN "made_by" text;--> statement-breakpoint
ALTER TABLE "consent_override" ADD COLUMN "confirmed_by" text;--> statement-breakpoint
ALTER TABLE "consent_override" ADD COLUMN "confirmed_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "consent_override" ADD CONSTRAINT "consent_override_second" CHECK ((confirmed_by is null) = (confirmed_at is null) and confirmed_by is distinct from coalesce(made_by, ''));--> statement-breakpoint
ALTER TABLE "session" ADD COLUMN "former_is_weaker" boolean DEFAULT false NOT NULL;--> statement-breakpoint
-- Overrides of before were confirmed by nobody: their last author cannot be the second person.
UPDATE consent_override SET made_by = (SELECT author FROM catalog_revision ORDER BY number DESC LIMIT 1);--> statement-breakpoint

-- From when on the word of a customer's user in a role (null: as administrator) is the customer's own: null when it is so already.
-- Counted from when they got that role, so that it also waits when the role comes to them by a detour, e.g. through the catalog.
CREATE FUNCTION tenure_own_from(the_person text, the_organization text, the_role text) RETURNS timestamptz
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  since timestamptz;
BEGIN
  SELECT min(h."from") + interval '72 hours' INTO since
  FROM membership m JOIN person_role h ON h.person_id = m.person_id AND h.organization_id = m.organization_id
    JOIN role r ON r.id = h.role_id
  WHERE m.person_id = the_person AND m.organization_id = the_organization AND m.until IS NULL AND m.vendor_made_at IS NOT NULL
    AND h."from" <= tenure_now() AND (h.until IS NULL OR h.until > tenure_now())
    AND (h.role_id = the_role OR the_role IS NULL AND 'administer-customer' = ANY (r.duties));
  RETURN CASE WHEN since > tenure_now() THEN since END;
END $$;--> statement-breakpoint

-- Who says what a user is: one of the customer's own, whose word is its own, or somebody else with open eyes. What the engine does,
-- e.g. by the contract's events, leaves it as it was; an import is the vendor's.
CREATE FUNCTION note_vendor_made() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  doing text := tenure_person();
BEGIN
  IF TG_OP = 'UPDATE' AND (NEW.contract_role, NEW.given_roles) IS NOT DISTINCT FROM (OLD.contract_role, OLD.given_roles) THEN
    NEW.vendor_made_at := OLD.vendor_made_at;
  ELSIF doing IS NOT NULL THEN
    NEW.vendor_made_at := CASE WHEN tenure_own_from(doing, NEW.organization_id, NULL) IS NOT NULL OR NOT EXISTS (
      SELECT 1 FROM person WHERE id = doing AND organization_id = NEW.organization_id) THEN tenure_now() END;
  ELSIF TG_OP = 'UPDATE' THEN
    NEW.vendor_made_at := OLD.vendor_made_at;
  ELSIF NEW.origin = 'import' THEN
    NEW.vendor_made_at := tenure_now();
  ELSE
    NEW.vendor_made_at := CASE WHEN NEW.origin = 'administrator' THEN (SELECT m.vendor_made_at FROM membership m
      WHERE m.person_id = NEW.person_id AND m.organization_id = NEW.organization_id ORDER BY m.seq DESC LIMIT 1) END;
  END IF;
  RETURN NEW;
END $$;--> statement-breakpoint
CREATE TRIGGER note_vendor_made BEFORE INSERT OR UPDATE ON membership FOR EACH ROW EXECUTE FUNCTION note_vendor_made();--> statement-breakpoint

-- A customer's stage is approved by its own. They may deny: what is denied stays closed.
CREATE FUNCTION guard_own_word() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM stage s WHERE s.id = NEW.stage_id AND s.organization_id <> tenure_vendor()
       AND tenure_own_from(NEW.person_id, s.organization_id, s.role_id) IS NOT NULL) THEN
    RAISE EXCEPTION 'somebody whom the vendor''s people added agrees later' USING ERRCODE = 'TN040';
  END IF;
  RETURN NEW;
END $$;--> statement-breakpoint
CREATE TRIGGER guard_own_word BEFORE INSERT ON decision FOR EACH ROW WHEN (NEW.decision = 'approve') EXECUTE FUNCTION guard_own_word();--> statement-breakpoint
-- Nor do they change what the customer asks for.
CREATE FUNCTION guard_own_rules() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  IF tenure_own_from(NEW.changed_by, NEW.organization_id, NULL) IS NOT NULL THEN
    RAISE EXCEPTION 'somebody whom the vendor''s people added decides later' USING ERRCODE = 'TN041';
  END IF;
  RETURN NEW;
END $$;--> statement-breakpoint
CREATE TRIGGER guard_own_rules BEFORE INSERT OR UPDATE ON organization_consent FOR EACH ROW EXECUTE FUNCTION guard_own_rules();--> statement-breakpoint
-- Nor do they stand for the customer where its provider goes live, as long as it has others.
CREATE FUNCTION guard_own_provider() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  doing text := tenure_person();
BEGIN
  IF doing IS NOT NULL AND NEW.organization_id <> tenure_vendor()
     AND NOT EXISTS (SELECT 1 FROM person p WHERE p.id IN (doing, NEW.changed_by) AND p.organization_id = NEW.organization_id
       AND tenure_own_from(p.id, NEW.organization_id, NULL) IS NULL)
     AND EXISTS (SELECT 1 FROM person_role h JOIN role r ON r.id = h.role_id WHERE h.organization_id = NEW.organization_id
       AND 'administer-customer' = ANY (r.duties) AND tenure_holds_role(h.person_id, h.role_id, NEW.organization_id)
       AND tenure_own_from(h.person_id, NEW.organization_id, NULL) IS NULL) THEN
    RAISE EXCEPTION 'one of its own administrators is needed' USING ERRCODE = 'TN035';
  END IF;
  RETURN NEW;
END $$;--> statement-breakpoint
CREATE TRIGGER guard_own_provider BEFORE UPDATE ON sign_in_provider FOR EACH ROW
  WHEN (OLD.state <> 'live' AND NEW.state = 'live') EXECUTE FUNCTION guard_own_provider();--> statement-breakpoint

-- The customer's other administrators, and the vendor's security, are told by the statement that makes one. It can't be turned off.
CREATE FUNCTION mail_administrator() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  told record;
  since timestamptz;
  the_mail text;
BEGIN
  -- First what is cheap: most roles have no such duty, and a change of a tier gives them by the thousand.
  IF NOT EXISTS (SELECT 1 FROM role r WHERE r.id = NEW.role_id AND 'administer-customer' = ANY (r.duties)) THEN
    RETURN NULL;
  END IF;
  since := tenure_own_from(NEW.person_id, NEW.organization_id, NEW.role_id);
  IF since IS NULL THEN
    RETURN NULL;
  END IF;
  FOR told IN
    SELECT DISTINCT h.person_id FROM role r JOIN person_role h ON h.role_id = r.id
    WHERE h.person_id <> NEW.person_id AND (
      'administer-customer' = ANY (r.duties) AND tenure_holds_role(h.person_id, h.role_id, NEW.organization_id)
      OR 'end-any-access' = ANY (r.duties) AND tenure_holds_role(h.person_id, h.role_id, tenure_vendor()))
  LOOP
    the_mail := 'mail_' || substr(split_part(NEW.person_id, '_', 2), 1, 10) || substr(md5(NEW.seq || ' ' || told.person_id), 1, 16);
    INSERT INTO mail (id, kind, to_person_id, organization_id, data)
    VALUES (the_mail, 'administrator-added', told.person_id, NEW.organization_id, jsonb_build_object('from',
      to_char(since AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')));
    INSERT INTO outbox (kind, subject_id, message, due_at)
    VALUES ('mail', the_mail, jsonb_build_object('signal', null, 'id', the_mail, 'organization', NEW.organization_id, 'run', 1), tenure_now());
  END LOOP;
  RETURN NULL;
END $$;--> statement-breakpoint
CREATE TRIGGER mail_administrator AFTER INSERT ON person_role FOR EACH ROW EXECUTE FUNCTION mail_administrator();--> statement-breakpoint

-- As before, but an override says less than was agreed on only once a second of the vendor's people has confirmed it. Until then it
-- can only say more.
CREATE OR REPLACE FUNCTION tenure_consent(the_organization text) RETURNS jsonb
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  RETURN (SELECT coalesce(jsonb_agg(jsonb_build_object('classification', c.classification, 'withinMs', c.within_ms, 'emergency', c.emergency)
    ORDER BY c.classification), '[]'::jsonb)
  FROM (
    SELECT k.classification, min(extract(epoch FROM (rule->>'within')::interval) * 1000)::bigint AS within_ms,
      CASE WHEN bool_or(rule->>'emergency' = 'refuse') THEN 'refuse' ELSE 'report' END AS emergency
    FROM organization o
      LEFT JOIN consent_override v ON v.customer_key = o.key AND v.until > tenure_now()
      LEFT JOIN organization_consent w ON w.organization_id = o.id
      CROSS JOIN LATERAL jsonb_array_elements(coalesce(v.rules, '[]'::jsonb) || coalesce(w.rules, '[]'::jsonb)
        || CASE WHEN v.confirmed_by IS NOT NULL THEN '[]'::jsonb
          ELSE coalesce(o.consent, CASE WHEN o.approves_vendor_access THEN
            '[{"classifications": ["public", "internal", "confidential", "restricted"], "within": "PT2H", "emergency": "report"}]'::jsonb
            ELSE '[]'::jsonb END) END) AS rule
      CROSS JOIN LATERAL jsonb_array_elements_text(rule->'classifications') AS k (classification)
    WHERE o.id = the_organization AND o.kind = 'customer' GROUP BY k.classification) c);
END $$;--> statement-breakpoint

-- What was confirmed stays so while it is the same; a word or an end that is another waits for its own second person.
CREATE OR REPLACE FUNCTION project_consent() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  DELETE FROM consent_override v WHERE NOT EXISTS (
    SELECT 1 FROM jsonb_array_elements(coalesce(NEW.content->'overrides', '[]'::jsonb)) AS o
    WHERE o->'what'->>'kind' = 'consent' AND o->>'customer' = v.customer_key
      AND coalesce(o->'what'->'rules', '[]'::jsonb) = v.rules AND (o->>'until')::timestamptz(3) = v.until);
  INSERT INTO consent_override (customer_key, rules, until, made_by)
  SELECT o->>'customer', coalesce(o->'what'->'rules', '[]'::jsonb), (o->>'until')::timestamptz, NEW.author
  FROM jsonb_array_elements(coalesce(NEW.content->'overrides', '[]'::jsonb)) AS o WHERE o->'what'->>'kind' = 'consent'
  ON CONFLICT DO NOTHING;
  RETURN NULL;
END $$;--> statement-breakpoint
CREATE FUNCTION guard_consent_override() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  doing text := tenure_person();
BEGIN
  IF doing IS NULL OR NEW.confirmed_by IS DISTINCT FROM doing OR NOT tenure_has_duty(doing, 'manage-access', tenure_vendor())
     OR (to_jsonb(NEW) - ARRAY['confirmed_by', 'confirmed_at']) IS DISTINCT FROM (to_jsonb(OLD) - ARRAY['confirmed_by', 'confirmed_at']) THEN
    RAISE EXCEPTION 'an override is confirmed by others' USING ERRCODE = 'TN020';
  END IF;
  IF doing = OLD.made_by THEN
    RAISE EXCEPTION 'a second person is needed' USING ERRCODE = 'TN042';
  END IF;
  IF OLD.confirmed_by IS NOT NULL THEN
    RAISE EXCEPTION 'it is confirmed already' USING ERRCODE = 'TN030';
  END IF;
  NEW.confirmed_at := tenure_now();
  RETURN NEW;
END $$;--> statement-breakpoint
CREATE TRIGGER guard_consent_override BEFORE UPDATE ON consent_override FOR EACH ROW EXECUTE FUNCTION guard_consent_override();--> statement-breakpoint
-- The customer is written to by the statement with which it counts.
CREATE FUNCTION mail_consent_override() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  told record;
  the_mail text;
BEGIN
  FOR told IN
    SELECT DISTINCT h.person_id, o.id AS organization_id FROM organization o JOIN person_role h ON h.organization_id = o.id
      JOIN role r ON r.id = h.role_id
    WHERE o.key = NEW.customer_key AND 'administer-customer' = ANY (r.duties) AND tenure_holds_role(h.person_id, h.role_id, o.id)
  LOOP
    the_mail := 'mail_' || substr(split_part(told.organization_id, '_', 2), 1, 10)
      || substr(md5(NEW.rules::text || ' ' || NEW.confirmed_at || ' ' || told.person_id), 1, 16);
    INSERT INTO mail (id, kind, to_person_id, organization_id, data)
    VALUES (the_mail, 'consent-override', told.person_id, told.organization_id, jsonb_build_object('until',
      to_char(NEW.until AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')));
    INSERT INTO outbox (kind, subject_id, message, due_at)
    VALUES ('mail', the_mail, jsonb_build_object('signal', null, 'id', the_mail, 'organization', told.organization_id, 'run', 1), tenure_now());
  END LOOP;
  RETURN NULL;
END $$;--> statement-breakpoint
CREATE TRIGGER mail_consent_override AFTER UPDATE ON consent_override FOR EACH ROW EXECUTE FUNCTION mail_consent_override();--> statement-breakpoint

-- What a session could before its person stepped up is no more than that: its former token is the weaker one from then on.
CREATE FUNCTION note_weaker_token() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.token_hash <> OLD.token_hash THEN
    NEW.former_is_weaker := (NEW.amr, NEW.acr, NEW.auth_time) IS DISTINCT FROM (OLD.amr, OLD.acr, OLD.auth_time);
  ELSE
    NEW.former_is_weaker := OLD.former_is_weaker;
  END IF;
  RETURN NEW;
END $$;--> statement-breakpoint
CREATE TRIGGER note_weaker_token BEFORE UPDATE ON session FOR EACH ROW EXECUTE FUNCTION note_weaker_token();--> statement-breakpoint
REVOKE EXECUTE ON FUNCTION note_vendor_made(), guard_own_word(), guard_own_rules(), guard_own_provider(), mail_administrator(),
  guard_consent_override(), mail_consent_override(), note_weaker_token() FROM PUBLIC;
