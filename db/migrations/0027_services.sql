CREATE TABLE "service_token" (
	"id" text PRIMARY KEY NOT NULL,
	"label" text NOT NULL,
	"token_hash" text NOT NULL,
	"made_by" text NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT tenure_now() NOT NULL,
	"expires_at" timestamp (3) with time zone NOT NULL,
	"last_used_at" timestamp (3) with time zone,
	"revoked_at" timestamp (3) with time zone,
	"revoked_by" text,
	CONSTRAINT "service_token_token_hash_unique" UNIQUE("token_hash"),
	CONSTRAINT "service_token_span" CHECK (expires_at > created_at and expires_at <= created_at + interval '366 days'),
	CONSTRAINT "service_token_end" CHECK ((revoked_at is null) = (revoked_by is null))
);
--> statement-breakpoint
CREATE TABLE "signing_key" (
	"turn" integer PRIMARY KEY NOT NULL,
	"sealed_private_key" text NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT tenure_now() NOT NULL
);
--> statement-breakpoint
ALTER TABLE "service_token" ADD CONSTRAINT "service_token_made_by_person_id_fk" FOREIGN KEY ("made_by") REFERENCES "public"."person"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "service_token" ADD CONSTRAINT "service_token_revoked_by_person_id_fk" FOREIGN KEY ("revoked_by") REFERENCES "public"."person"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint

-- A token with which an application of the vendor's asks what people may do. It is made by those who manage access, stays what it is until
-- it is revoked by one of them, and then stays so.
CREATE FUNCTION guard_service_token() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  doing text := tenure_person();
BEGIN
  IF TG_OP = 'INSERT' THEN
    IF NEW.made_by IS DISTINCT FROM coalesce(doing, NEW.made_by) OR NOT tenure_has_duty(NEW.made_by, 'manage-access', tenure_vendor())
       OR NEW.last_used_at IS NOT NULL OR NEW.revoked_at IS NOT NULL THEN
      RAISE EXCEPTION 'applications are connected by others' USING ERRCODE = 'TN020';
    END IF;
    NEW.created_at := tenure_now();
    RETURN NEW;
  END IF;
  IF (to_jsonb(NEW) - ARRAY['last_used_at', 'revoked_at', 'revoked_by']) IS DISTINCT FROM (to_jsonb(OLD) - ARRAY['last_used_at', 'revoked_at', 'revoked_by'])
     OR OLD.revoked_at IS NOT NULL THEN
    RAISE EXCEPTION 'a token that was revoked stays so' USING ERRCODE = 'TN044';
  END IF;
  IF NEW.last_used_at IS DISTINCT FROM OLD.last_used_at THEN
    NEW.last_used_at := tenure_now();
  END IF;
  IF NEW.revoked_at IS NOT NULL THEN
    IF doing IS NULL AND NOT tenure_is_engine() OR NEW.revoked_by IS DISTINCT FROM coalesce(doing, NEW.revoked_by)
       OR doing IS NOT NULL AND NOT tenure_has_duty(doing, 'manage-access', tenure_vendor()) THEN
      RAISE EXCEPTION 'applications are connected by others' USING ERRCODE = 'TN020';
    END IF;
    NEW.revoked_at := tenure_now();
  END IF;
  RETURN NEW;
END $$;--> statement-breakpoint
CREATE TRIGGER guard_service_token BEFORE INSERT OR UPDATE ON service_token FOR EACH ROW EXECUTE FUNCTION guard_service_token();--> statement-breakpoint
CREATE TRIGGER no_delete BEFORE DELETE ON service_token FOR EACH ROW EXECUTE FUNCTION refuse_change();--> statement-breakpoint
CREATE TRIGGER note_change AFTER INSERT OR UPDATE OF revoked_at ON service_token FOR EACH ROW EXECUTE FUNCTION note_change_by_id();--> statement-breakpoint

-- What was agreed on with a customer for a while is a fact that answers depend on, too.
CREATE FUNCTION note_change_by_customer_key() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  INSERT INTO change (table_name, row_id, operation)
  VALUES (TG_TABLE_NAME, CASE TG_OP WHEN 'DELETE' THEN OLD.customer_key ELSE NEW.customer_key END, TG_OP);
  RETURN NULL;
END $$;--> statement-breakpoint
CREATE TRIGGER note_change AFTER INSERT OR UPDATE OR DELETE ON consent_override FOR EACH ROW EXECUTE FUNCTION note_change_by_customer_key();--> statement-breakpoint

-- The key of a turn is made once, by whoever needs it first, and stays as it is: what it has signed must be found good as long as it may live.
CREATE TRIGGER no_change BEFORE UPDATE OR DELETE ON signing_key FOR EACH ROW EXECUTE FUNCTION refuse_change();--> statement-breakpoint
CREATE TRIGGER no_truncate BEFORE TRUNCATE ON signing_key FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();--> statement-breakpoint
CREATE TRIGGER no_truncate BEFORE TRUNCATE ON service_token FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();--> statement-breakpoint
ALTER TABLE "service_token" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "service_token" FORCE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE POLICY tenant ON service_token USING ((SELECT tenure_organization() = tenure_vendor()));--> statement-breakpoint
REVOKE EXECUTE ON FUNCTION guard_service_token(), note_change_by_customer_key() FROM PUBLIC;
