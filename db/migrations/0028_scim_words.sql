-- Names as they are compared, whatever their case, in columns of their own: row security lets the index of an expression answer nobody's
-- question, because `lower` is not known to keep a secret, and a directory asks for a name before everything that it does.
ALTER TABLE "scim_user" ADD COLUMN "user_key" text GENERATED ALWAYS AS (lower("user_name")) STORED NOT NULL;--> statement-breakpoint
ALTER TABLE "scim_group" ADD COLUMN "display_key" text GENERATED ALWAYS AS (lower("display_name")) STORED NOT NULL;--> statement-breakpoint
-- The values of all their addresses as one JSON text, in lower case: what is looked for is in it, or in none of them.
ALTER TABLE "scim_user" ADD COLUMN "email_keys" text
  GENERATED ALWAYS AS (lower(jsonb_path_query_array("attributes", '$.emails[*].value')::text)) STORED NOT NULL;--> statement-breakpoint
DROP INDEX "scim_user_user_name";--> statement-breakpoint
DROP INDEX "scim_group_name_idx";--> statement-breakpoint
CREATE UNIQUE INDEX "scim_user_user_name" ON "scim_user" USING btree ("organization_id","user_key");--> statement-breakpoint
CREATE INDEX "scim_group_name_idx" ON "scim_group" USING btree ("organization_id","display_key");
--> statement-breakpoint
-- Whose address this is, whatever its case. It tells an id and shows nobody: who may not see the person gets no row for it. For the same
-- reason as above the statement itself would read everybody.
CREATE FUNCTION tenure_person_at(the_address text) RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT id FROM person WHERE lower(email) = lower(the_address)
$$;
