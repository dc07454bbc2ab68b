CREATE TABLE "organization_consent" (
	"organization_id" text PRIMARY KEY NOT NULL,
	"rules" jsonb NOT NULL,
	"changed_by" text NOT NULL,
	"changed_at" timestamp (3) with time zone DEFAULT tenure_now() NOT NULL,
	CONSTRAINT "organization_consent_rules" CHECK (jsonb_typeof(rules) = 'array')
);
--> statement-breakpoint
CREATE TABLE "consent_override" (
	"customer_key" text PRIMARY KEY NOT NULL,
	"rules" jsonb NOT NULL,
	"until" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
ALTER TABLE "organization" ADD COLUMN "consent" jsonb;--> statement-breakpoint
ALTER TABLE "organization_consent" ADD CONSTRAINT "organization_consent_organization_id_organization_id_fk" FOREIGN KEY ("organization_id") REFERENCES "public"."organization"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "organization_consent" ADD CONSTRAINT "organization_consent_changed_by_person_id_fk" FOREIGN KEY ("changed_by") REFERENCES "public"."person"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint

-- What a customer's people must agree to, by classification: what it has agreed on with the vendor, or what an override says instead
-- for a while, and whatever it asks for beyond that itself. The shortest time counts, and the stricter word on emergencies. It sees
-- all rows whoever asks: what is not seen would need nobody's consent.
CREATE FUNCTION tenure_consent(the_organization text) RETURNS jsonb
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
      CROSS JOIN LATERAL jsonb_array_elements(coalesce(v.rules, o.consent, CASE WHEN o.approves_vendor_access THEN
        '[{"classifications": ["public", "internal", "confidential", "restricted"], "within": "PT2H", "emergency": "report"}]'::jsonb
        ELSE '[]'::jsonb END) || coalesce(w.rules, '[]'::jsonb)) AS rule
      CROSS JOIN LATERAL jsonb_array_elements_text(rule->'classifications') AS k (classification)
    WHERE o.id = the_organization AND o.kind = 'customer' GROUP BY k.classification) c);
END $$;--> statement-breakpoint

-- The overrides of the catalog in force, where every question finds them. Nobody else writes them.
CREATE FUNCTION project_consent() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  DELETE FROM consent_override;
  INSERT INTO consent_override (customer_key, rules, until)
  SELECT o->>'customer', coalesce(o->'what'->'rules', '[]'::jsonb), (o->>'until')::timestamptz
  FROM jsonb_array_elements(coalesce(NEW.content->'overrides', '[]'::jsonb)) AS o WHERE o->'what'->>'kind' = 'consent';
  RETURN NULL;
END $$;--> statement-breakpoint
CREATE TRIGGER project_consent AFTER INSERT ON catalog_revision FOR EACH ROW EXECUTE FUNCTION project_consent();--> statement-breakpoint

-- What a customer asks for itself is for its own administrators to say: neither the vendor nor the engine says it for them.
CREATE FUNCTION guard_consent() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  doing text := tenure_person();
  rule jsonb;
  span interval;
BEGIN
  IF doing IS NULL OR NEW.changed_by IS DISTINCT FROM doing OR NEW.organization_id = tenure_vendor()
     OR NOT tenure_has_duty(doing, 'administer-customer', NEW.organization_id)
     OR TG_OP = 'UPDATE' AND NEW.organization_id <> OLD.organization_id THEN
    RAISE EXCEPTION 'a customer''s own administrators say what it agrees to' USING ERRCODE = 'TN020';
  END IF;
  FOR rule IN SELECT jsonb_array_elements(NEW.rules) LOOP
    span := (rule->>'within')::interval;
    IF coalesce(jsonb_typeof(rule->'classifications'), '') <> 'array' OR NOT rule->'classifications' <@ '["public", "internal", "confidential", "restricted"]'::jsonb
       OR coalesce(rule->>'emergency', '') NOT IN ('report', 'refuse') OR span IS NULL
       OR span < interval '5 minutes' OR span > interval '7 days' THEN
      RAISE EXCEPTION 'this is no rule' USING ERRCODE = 'TN039';
    END IF;
  END LOOP;
  NEW.changed_at := tenure_now();
  RETURN NEW;
END $$;--> statement-breakpoint
CREATE TRIGGER guard_consent BEFORE INSERT OR UPDATE ON organization_consent FOR EACH ROW EXECUTE FUNCTION guard_consent();--> statement-breakpoint
CREATE TRIGGER no_delete BEFORE DELETE ON organization_consent FOR EACH ROW EXECUTE FUNCTION refuse_change();--> statement-breakpoint
CREATE TRIGGER no_truncate BEFORE TRUNCATE ON organization_consent FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();--> statement-breakpoint
CREATE TRIGGER note_change AFTER INSERT OR UPDATE ON organization_consent FOR EACH ROW EXECUTE FUNCTION note_change_by_organization_id();--> statement-breakpoint

-- Two sides decide: the vendor's people, and those of the organization whose data it is. Nobody else has a stage.
CREATE FUNCTION guard_stage() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  asked access_request;
BEGIN
  SELECT * INTO asked FROM access_request WHERE id = NEW.request_id;
  IF NEW.organization_id NOT IN (asked.organization_id, tenure_vendor()) THEN
    RAISE EXCEPTION 'nobody else decides' USING ERRCODE = 'TN002';
  END IF;
  RETURN NEW;
END $$;--> statement-breakpoint
CREATE TRIGGER guard_stage BEFORE INSERT ON stage FOR EACH ROW EXECUTE FUNCTION guard_stage();--> statement-breakpoint

-- Access that policy wants reported is told of by the statement with which it begins, or lasts longer, whatever way that is
-- written: to the administrators of the customer whose data it is, and to the vendor's security. It can't be turned off.
CREATE FUNCTION mail_emergency() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  told record;
  the_mail text;
BEGIN
  IF NOT EXISTS (SELECT 1 FROM access_request r WHERE r.id = NEW.request_id AND r.reported) THEN RETURN NULL; END IF;
  FOR told IN
    SELECT DISTINCT h.person_id FROM role r JOIN person_role h ON h.role_id = r.id
    WHERE h.person_id <> NEW.person_id AND (
      'administer-customer' = ANY (r.duties) AND NEW.organization_id <> tenure_vendor()
        AND tenure_holds_role(h.person_id, h.role_id, NEW.organization_id)
      OR 'end-any-access' = ANY (r.duties) AND tenure_holds_role(h.person_id, h.role_id, tenure_vendor()))
  LOOP
    -- Named after the access, its end and whom it tells, so that nothing is said twice.
    the_mail := 'mail_' || substr(split_part(NEW.id, '_', 2), 1, 10) || substr(md5(NEW.id || ' ' || NEW.until || ' ' || told.person_id), 1, 16);
    INSERT INTO mail (id, kind, to_person_id, organization_id, data)
    VALUES (the_mail, 'emergency-access', told.person_id, NEW.organization_id, jsonb_build_object('isLonger', TG_ARGV[0] = 'longer'))
    ON CONFLICT DO NOTHING;
    INSERT INTO outbox (kind, subject_id, message, due_at)
    VALUES ('mail', the_mail, jsonb_build_object('signal', null, 'id', the_mail, 'organization', NEW.organization_id, 'run', 1), tenure_now());
    INSERT INTO notice (kind, person_id, subject, request_id, grant_id, done_at, mail_id)
    VALUES ('emergency-access', told.person_id, NEW.id || ' ' || NEW.until, NEW.request_id, NEW.id, tenure_now(), the_mail)
    ON CONFLICT DO NOTHING;
  END LOOP;
  RETURN NULL;
END $$;--> statement-breakpoint
CREATE TRIGGER mail_emergency AFTER UPDATE OF state ON access_grant FOR EACH ROW
  WHEN (OLD.state = 'provisioning' AND NEW.state = 'held' AND NEW.request_id IS NOT NULL) EXECUTE FUNCTION mail_emergency('begun');--> statement-breakpoint
CREATE TRIGGER mail_longer_emergency AFTER UPDATE OF until ON access_grant FOR EACH ROW
  WHEN (OLD.state = 'held' AND NEW.state = 'held' AND NEW.until > OLD.until AND NEW.request_id IS NOT NULL)
  EXECUTE FUNCTION mail_emergency('longer');--> statement-breakpoint

ALTER TABLE organization_consent ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE organization_consent FORCE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE POLICY tenant ON organization_consent USING (organization_id = (SELECT tenure_organization())
  OR (SELECT tenure_organization() = tenure_vendor()));--> statement-breakpoint
REVOKE EXECUTE ON FUNCTION project_consent(), guard_consent(), guard_stage(), mail_emergency() FROM PUBLIC;
