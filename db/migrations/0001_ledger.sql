CREATE TABLE "access_request" (
	"id" text PRIMARY KEY NOT NULL,
	"reference" text NOT NULL,
	"kind" text NOT NULL,
	"state" text NOT NULL,
	"extends_request_id" text,
	"replaces_request_id" text,
	"person_id" text NOT NULL,
	"requested_by" text NOT NULL,
	"organization_id" text NOT NULL,
	"holder_organization_id" text NOT NULL,
	"resource_id" text NOT NULL,
	"entitlement_id" text NOT NULL,
	"period" text NOT NULL,
	"period_ms" bigint NOT NULL,
	"starts_at" timestamp (3) with time zone,
	"justification" text NOT NULL,
	"ticket" text,
	"assurance" jsonb NOT NULL,
	"asked_at" timestamp (3) with time zone DEFAULT tenure_now() NOT NULL,
	"lapses_at" timestamp (3) with time zone NOT NULL,
	"settled_at" timestamp (3) with time zone,
	"longest" text NOT NULL,
	"policy_version" text NOT NULL,
	"policies" jsonb NOT NULL,
	"digest" text NOT NULL,
	"last_error" text,
	"engine_run" integer DEFAULT 1 NOT NULL,
	"engine_checked_at" timestamp (3) with time zone DEFAULT tenure_now() NOT NULL,
	CONSTRAINT "access_request_reference_unique" UNIQUE("reference")
);
--> statement-breakpoint
CREATE TABLE "stage" (
	"id" text PRIMARY KEY NOT NULL,
	"request_id" text NOT NULL,
	"position" integer NOT NULL,
	"name" text NOT NULL,
	"role_id" text NOT NULL,
	"organization_id" text NOT NULL,
	"needed" integer NOT NULL,
	"lapses_at" timestamp (3) with time zone NOT NULL,
	"text" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "audit_event" (
	"id" text PRIMARY KEY NOT NULL,
	"type" text NOT NULL,
	"occurred_at" timestamp (3) with time zone DEFAULT tenure_now() NOT NULL,
	"actor_kind" text NOT NULL,
	"actor_id" text NOT NULL,
	"subject_kind" text NOT NULL,
	"subject_id" text NOT NULL,
	"organization_id" text,
	"holder_organization_id" text,
	"request_id" text,
	"grant_id" text,
	"policy_version" text,
	"commitment" text NOT NULL,
	"cluster" text DEFAULT tenure_cluster() NOT NULL,
	"xid" "xid8" DEFAULT pg_current_xact_id() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "audit_text" (
	"event_id" text PRIMARY KEY NOT NULL,
	"organization_id" text,
	"holder_organization_id" text,
	"salt" text,
	"actor_name" text,
	"reason" text,
	"forgotten_at" timestamp (3) with time zone
);
--> statement-breakpoint
CREATE TABLE "catalog_revision" (
	"number" integer PRIMARY KEY NOT NULL,
	"author" text NOT NULL,
	"reason" text NOT NULL,
	"content" jsonb NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT tenure_now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "policy_version" (
	"version" text PRIMARY KEY NOT NULL,
	"number" integer NOT NULL,
	"schema" text NOT NULL,
	"texts" jsonb NOT NULL,
	"loaded_at" timestamp (3) with time zone DEFAULT tenure_now() NOT NULL,
	CONSTRAINT "policy_version_number_unique" UNIQUE("number")
);
--> statement-breakpoint
CREATE TABLE "role_entitlement" (
	"role_id" text NOT NULL,
	"entitlement_id" text NOT NULL,
	CONSTRAINT "role_entitlement_role_id_entitlement_id_pk" PRIMARY KEY("role_id","entitlement_id")
);
--> statement-breakpoint
CREATE TABLE "tier_role" (
	"tier_key" text NOT NULL,
	"role_id" text NOT NULL,
	CONSTRAINT "tier_role_tier_key_role_id_pk" PRIMARY KEY("tier_key","role_id")
);
--> statement-breakpoint
CREATE TABLE "change" (
	"seq" bigserial PRIMARY KEY NOT NULL,
	"table_name" text NOT NULL,
	"row_id" text NOT NULL,
	"operation" text NOT NULL,
	"cluster" text DEFAULT tenure_cluster() NOT NULL,
	"xid" "xid8" DEFAULT pg_current_xact_id() NOT NULL,
	"at" timestamp (3) with time zone DEFAULT tenure_now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "decision" (
	"id" text PRIMARY KEY NOT NULL,
	"request_id" text NOT NULL,
	"stage_id" text NOT NULL,
	"person_id" text NOT NULL,
	"decision" text NOT NULL,
	"comment" text,
	"decided_at" timestamp (3) with time zone DEFAULT tenure_now() NOT NULL,
	"policy_version" text NOT NULL,
	"request_digest" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "ending" (
	"id" text PRIMARY KEY NOT NULL,
	"kind" text NOT NULL,
	"request_id" text,
	"grant_id" text,
	"organization_id" text NOT NULL,
	"holder_organization_id" text NOT NULL,
	"actor_kind" text NOT NULL,
	"person_id" text,
	"reason" text,
	"recorded_at" timestamp (3) with time zone DEFAULT tenure_now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "access_grant" (
	"id" text PRIMARY KEY NOT NULL,
	"request_id" text,
	"origin" text NOT NULL,
	"state" text NOT NULL,
	"person_id" text NOT NULL,
	"organization_id" text NOT NULL,
	"holder_organization_id" text NOT NULL,
	"resource_id" text NOT NULL,
	"entitlement_id" text NOT NULL,
	"from" timestamp (3) with time zone NOT NULL,
	"until" timestamp (3) with time zone NOT NULL,
	"end_at" timestamp (3) with time zone,
	"end_order" text,
	"end_ordered_by" text,
	"due_at" timestamp (3) with time zone GENERATED ALWAYS AS (least("until", "end_at")) STORED,
	"ended_at" timestamp (3) with time zone,
	"ended_by" text,
	"attempts" integer DEFAULT 0 NOT NULL,
	"last_error" text,
	"policy_version" text NOT NULL,
	"account" text NOT NULL,
	"prior" jsonb,
	"sealed_password" text,
	"sealed_next_password" text,
	"credential_shown_at" timestamp (3) with time zone,
	"overdue_alerted" boolean DEFAULT false NOT NULL,
	"end_tries" integer DEFAULT 0 NOT NULL,
	"end_tried_at" timestamp (3) with time zone,
	CONSTRAINT "access_grant_span" CHECK ("until" > "from"),
	CONSTRAINT "access_grant_origin" CHECK ((origin = 'request') = (request_id is not null)),
	CONSTRAINT "access_grant_end" CHECK ((state in ('ended', 'failed')) = (ended_at is not null and ended_by is not null)),
	CONSTRAINT "access_grant_order" CHECK ((end_at is null) = (end_order is null))
);
--> statement-breakpoint
CREATE TABLE "extension" (
	"request_id" text PRIMARY KEY NOT NULL,
	"grant_id" text NOT NULL,
	"organization_id" text NOT NULL,
	"holder_organization_id" text NOT NULL,
	"former_until" timestamp (3) with time zone NOT NULL,
	"until" timestamp (3) with time zone NOT NULL,
	"done_at" timestamp (3) with time zone
);
--> statement-breakpoint
CREATE TABLE "idempotency" (
	"caller" text NOT NULL,
	"key" text NOT NULL,
	"request_hash" text NOT NULL,
	"status" integer,
	"body" jsonb,
	"created_at" timestamp (3) with time zone DEFAULT tenure_now() NOT NULL,
	"expires_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "idempotency_caller_key_pk" PRIMARY KEY("caller","key")
);
--> statement-breakpoint
CREATE TABLE "heartbeat" (
	"process" text NOT NULL,
	"instance" text PRIMARY KEY NOT NULL,
	"pid" integer NOT NULL,
	"seen_at" timestamp (3) with time zone DEFAULT tenure_now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "installation" (
	"only" boolean PRIMARY KEY DEFAULT true NOT NULL,
	"id" text NOT NULL,
	"cluster" text NOT NULL,
	"application_role" text NOT NULL,
	"system_role" text NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT tenure_now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "organization" (
	"id" text PRIMARY KEY NOT NULL,
	"key" text NOT NULL,
	"kind" text NOT NULL,
	"name" text NOT NULL,
	"region" text,
	"tier_key" text,
	"approves_vendor_access" boolean DEFAULT false NOT NULL,
	"suspended_at" timestamp (3) with time zone,
	"created_at" timestamp (3) with time zone DEFAULT tenure_now() NOT NULL,
	CONSTRAINT "organization_key_unique" UNIQUE("key")
);
--> statement-breakpoint
CREATE TABLE "tier" (
	"key" text PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"seats" integer,
	"features" jsonb DEFAULT '{}'::jsonb NOT NULL
);
--> statement-breakpoint
CREATE TABLE "outbox" (
	"seq" bigserial PRIMARY KEY NOT NULL,
	"kind" text NOT NULL,
	"subject_id" text NOT NULL,
	"message" jsonb NOT NULL,
	"traceparent" text,
	"created_at" timestamp (3) with time zone DEFAULT tenure_now() NOT NULL,
	"due_at" timestamp (3) with time zone DEFAULT tenure_now() NOT NULL,
	"tries" integer DEFAULT 0 NOT NULL,
	"delivered_at" timestamp (3) with time zone
);
--> statement-breakpoint
CREATE TABLE "person" (
	"id" text PRIMARY KEY NOT NULL,
	"organization_id" text NOT NULL,
	"email" text NOT NULL,
	"name" text NOT NULL,
	"title" text,
	"department" text,
	"manager_id" text,
	"project" text,
	"region" text,
	"compliance_roles" text[] DEFAULT '{}' NOT NULL,
	"employment" text NOT NULL,
	"starts_at" timestamp (3) with time zone,
	"ends_at" timestamp (3) with time zone,
	"attributes" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"suspended_at" timestamp (3) with time zone,
	"created_at" timestamp (3) with time zone DEFAULT tenure_now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "person_role" (
	"seq" bigserial PRIMARY KEY NOT NULL,
	"person_id" text NOT NULL,
	"role_id" text NOT NULL,
	"organization_id" text NOT NULL,
	"from" timestamp (3) with time zone DEFAULT tenure_now() NOT NULL,
	"until" timestamp (3) with time zone
);
--> statement-breakpoint
CREATE TABLE "source_identity" (
	"seq" bigserial PRIMARY KEY NOT NULL,
	"person_id" text NOT NULL,
	"organization_id" text NOT NULL,
	"source" text NOT NULL,
	"external_id" text NOT NULL,
	"claims" jsonb NOT NULL,
	"read_at" timestamp (3) with time zone DEFAULT tenure_now() NOT NULL,
	"signature" text
);
--> statement-breakpoint
CREATE TABLE "entitlement" (
	"id" text PRIMARY KEY NOT NULL,
	"resource_id" text NOT NULL,
	"key" text NOT NULL,
	"name" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "resource" (
	"id" text PRIMARY KEY NOT NULL,
	"key" text NOT NULL,
	"name" text NOT NULL,
	"kind" text NOT NULL,
	"organization_id" text NOT NULL,
	"shared" boolean DEFAULT false NOT NULL,
	"owner_person_id" text NOT NULL,
	"region" text NOT NULL,
	"classification" text NOT NULL,
	"target_key" text NOT NULL,
	"settings" jsonb NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT tenure_now() NOT NULL,
	"retired_at" timestamp (3) with time zone,
	CONSTRAINT "resource_key_unique" UNIQUE("key")
);
--> statement-breakpoint
CREATE TABLE "target" (
	"key" text PRIMARY KEY NOT NULL,
	"connector" text NOT NULL,
	"endpoint" jsonb NOT NULL,
	"sealed_secret" text NOT NULL,
	"changed_at" timestamp (3) with time zone DEFAULT tenure_now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "role" (
	"id" text PRIMARY KEY NOT NULL,
	"key" text NOT NULL,
	"name" text NOT NULL,
	"duties" text[] DEFAULT '{}' NOT NULL,
	CONSTRAINT "role_key_unique" UNIQUE("key")
);
--> statement-breakpoint
CREATE TABLE "role_inclusion" (
	"role_id" text NOT NULL,
	"included_id" text NOT NULL,
	CONSTRAINT "role_inclusion_role_id_included_id_pk" PRIMARY KEY("role_id","included_id")
);
--> statement-breakpoint
CREATE TABLE "task" (
	"id" text PRIMARY KEY NOT NULL,
	"kind" text NOT NULL,
	"grant_id" text NOT NULL,
	"request_id" text,
	"organization_id" text NOT NULL,
	"holder_organization_id" text NOT NULL,
	"owner_person_id" text NOT NULL,
	"cause" text,
	"opened_at" timestamp (3) with time zone DEFAULT tenure_now() NOT NULL,
	"closed_at" timestamp (3) with time zone
);
--> statement-breakpoint
ALTER TABLE "access_request" ADD CONSTRAINT "access_request_extends_request_id_access_request_id_fk" FOREIGN KEY ("extends_request_id") REFERENCES "public"."access_request"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "access_request" ADD CONSTRAINT "access_request_replaces_request_id_access_request_id_fk" FOREIGN KEY ("replaces_request_id") REFERENCES "public"."access_request"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "access_request" ADD CONSTRAINT "access_request_person_id_person_id_fk" FOREIGN KEY ("person_id") REFERENCES "public"."person"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "access_request" ADD CONSTRAINT "access_request_requested_by_person_id_fk" FOREIGN KEY ("requested_by") REFERENCES "public"."person"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "access_request" ADD CONSTRAINT "access_request_organization_id_organization_id_fk" FOREIGN KEY ("organization_id") REFERENCES "public"."organization"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "access_request" ADD CONSTRAINT "access_request_holder_organization_id_organization_id_fk" FOREIGN KEY ("holder_organization_id") REFERENCES "public"."organization"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "access_request" ADD CONSTRAINT "access_request_resource_id_resource_id_fk" FOREIGN KEY ("resource_id") REFERENCES "public"."resource"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "access_request" ADD CONSTRAINT "access_request_entitlement_id_entitlement_id_fk" FOREIGN KEY ("entitlement_id") REFERENCES "public"."entitlement"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "stage" ADD CONSTRAINT "stage_request_id_access_request_id_fk" FOREIGN KEY ("request_id") REFERENCES "public"."access_request"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "stage" ADD CONSTRAINT "stage_role_id_role_id_fk" FOREIGN KEY ("role_id") REFERENCES "public"."role"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "stage" ADD CONSTRAINT "stage_organization_id_organization_id_fk" FOREIGN KEY ("organization_id") REFERENCES "public"."organization"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "audit_text" ADD CONSTRAINT "audit_text_event_id_audit_event_id_fk" FOREIGN KEY ("event_id") REFERENCES "public"."audit_event"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "role_entitlement" ADD CONSTRAINT "role_entitlement_role_id_role_id_fk" FOREIGN KEY ("role_id") REFERENCES "public"."role"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "role_entitlement" ADD CONSTRAINT "role_entitlement_entitlement_id_entitlement_id_fk" FOREIGN KEY ("entitlement_id") REFERENCES "public"."entitlement"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "tier_role" ADD CONSTRAINT "tier_role_tier_key_tier_key_fk" FOREIGN KEY ("tier_key") REFERENCES "public"."tier"("key") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "tier_role" ADD CONSTRAINT "tier_role_role_id_role_id_fk" FOREIGN KEY ("role_id") REFERENCES "public"."role"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "decision" ADD CONSTRAINT "decision_request_id_access_request_id_fk" FOREIGN KEY ("request_id") REFERENCES "public"."access_request"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "decision" ADD CONSTRAINT "decision_stage_id_stage_id_fk" FOREIGN KEY ("stage_id") REFERENCES "public"."stage"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "decision" ADD CONSTRAINT "decision_person_id_person_id_fk" FOREIGN KEY ("person_id") REFERENCES "public"."person"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "ending" ADD CONSTRAINT "ending_request_id_access_request_id_fk" FOREIGN KEY ("request_id") REFERENCES "public"."access_request"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "ending" ADD CONSTRAINT "ending_grant_id_access_grant_id_fk" FOREIGN KEY ("grant_id") REFERENCES "public"."access_grant"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "ending" ADD CONSTRAINT "ending_person_id_person_id_fk" FOREIGN KEY ("person_id") REFERENCES "public"."person"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "access_grant" ADD CONSTRAINT "access_grant_request_id_access_request_id_fk" FOREIGN KEY ("request_id") REFERENCES "public"."access_request"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "access_grant" ADD CONSTRAINT "access_grant_person_id_person_id_fk" FOREIGN KEY ("person_id") REFERENCES "public"."person"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "access_grant" ADD CONSTRAINT "access_grant_organization_id_organization_id_fk" FOREIGN KEY ("organization_id") REFERENCES "public"."organization"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "access_grant" ADD CONSTRAINT "access_grant_holder_organization_id_organization_id_fk" FOREIGN KEY ("holder_organization_id") REFERENCES "public"."organization"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "access_grant" ADD CONSTRAINT "access_grant_resource_id_resource_id_fk" FOREIGN KEY ("resource_id") REFERENCES "public"."resource"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "access_grant" ADD CONSTRAINT "access_grant_entitlement_id_entitlement_id_fk" FOREIGN KEY ("entitlement_id") REFERENCES "public"."entitlement"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "access_grant" ADD CONSTRAINT "access_grant_end_ordered_by_person_id_fk" FOREIGN KEY ("end_ordered_by") REFERENCES "public"."person"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "extension" ADD CONSTRAINT "extension_request_id_access_request_id_fk" FOREIGN KEY ("request_id") REFERENCES "public"."access_request"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "extension" ADD CONSTRAINT "extension_grant_id_access_grant_id_fk" FOREIGN KEY ("grant_id") REFERENCES "public"."access_grant"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "organization" ADD CONSTRAINT "organization_tier_key_tier_key_fk" FOREIGN KEY ("tier_key") REFERENCES "public"."tier"("key") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "person" ADD CONSTRAINT "person_organization_id_organization_id_fk" FOREIGN KEY ("organization_id") REFERENCES "public"."organization"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "person_role" ADD CONSTRAINT "person_role_person_id_person_id_fk" FOREIGN KEY ("person_id") REFERENCES "public"."person"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "person_role" ADD CONSTRAINT "person_role_role_id_role_id_fk" FOREIGN KEY ("role_id") REFERENCES "public"."role"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "person_role" ADD CONSTRAINT "person_role_organization_id_organization_id_fk" FOREIGN KEY ("organization_id") REFERENCES "public"."organization"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "source_identity" ADD CONSTRAINT "source_identity_person_id_person_id_fk" FOREIGN KEY ("person_id") REFERENCES "public"."person"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "source_identity" ADD CONSTRAINT "source_identity_organization_id_organization_id_fk" FOREIGN KEY ("organization_id") REFERENCES "public"."organization"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "entitlement" ADD CONSTRAINT "entitlement_resource_id_resource_id_fk" FOREIGN KEY ("resource_id") REFERENCES "public"."resource"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "resource" ADD CONSTRAINT "resource_organization_id_organization_id_fk" FOREIGN KEY ("organization_id") REFERENCES "public"."organization"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "resource" ADD CONSTRAINT "resource_owner_person_id_person_id_fk" FOREIGN KEY ("owner_person_id") REFERENCES "public"."person"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "resource" ADD CONSTRAINT "resource_target_key_target_key_fk" FOREIGN KEY ("target_key") REFERENCES "public"."target"("key") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "role_inclusion" ADD CONSTRAINT "role_inclusion_role_id_role_id_fk" FOREIGN KEY ("role_id") REFERENCES "public"."role"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "role_inclusion" ADD CONSTRAINT "role_inclusion_included_id_role_id_fk" FOREIGN KEY ("included_id") REFERENCES "public"."role"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "task" ADD CONSTRAINT "task_owner_person_id_person_id_fk" FOREIGN KEY ("owner_person_id") REFERENCES "public"."person"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "access_request_person_idx" ON "access_request" USING btree ("person_id","id");--> statement-breakpoint
CREATE INDEX "access_request_organization_idx" ON "access_request" USING btree ("organization_id","id");--> statement-breakpoint
CREATE INDEX "access_request_holder_idx" ON "access_request" USING btree ("holder_organization_id","id");--> statement-breakpoint
CREATE INDEX "access_request_open_idx" ON "access_request" USING btree ("state","engine_checked_at");--> statement-breakpoint
CREATE INDEX "access_request_extends_idx" ON "access_request" USING btree ("extends_request_id");--> statement-breakpoint
CREATE INDEX "stage_request_idx" ON "stage" USING btree ("request_id");--> statement-breakpoint
CREATE INDEX "audit_event_organization_idx" ON "audit_event" USING btree ("organization_id","id");--> statement-breakpoint
CREATE INDEX "audit_event_request_idx" ON "audit_event" USING btree ("request_id");--> statement-breakpoint
CREATE INDEX "audit_event_grant_idx" ON "audit_event" USING btree ("grant_id");--> statement-breakpoint
CREATE UNIQUE INDEX "decision_once_per_person" ON "decision" USING btree ("request_id","person_id");--> statement-breakpoint
CREATE INDEX "decision_stage_idx" ON "decision" USING btree ("stage_id");--> statement-breakpoint
CREATE INDEX "ending_request_idx" ON "ending" USING btree ("request_id");--> statement-breakpoint
CREATE INDEX "ending_grant_idx" ON "ending" USING btree ("grant_id");--> statement-breakpoint
CREATE UNIQUE INDEX "access_grant_one_per_request" ON "access_grant" USING btree ("request_id");--> statement-breakpoint
CREATE INDEX "access_grant_due_idx" ON "access_grant" USING btree ("due_at") WHERE state in ('provisioning', 'held');--> statement-breakpoint
CREATE INDEX "access_grant_person_idx" ON "access_grant" USING btree ("person_id","id");--> statement-breakpoint
CREATE INDEX "access_grant_resource_idx" ON "access_grant" USING btree ("resource_id","id");--> statement-breakpoint
CREATE INDEX "access_grant_organization_idx" ON "access_grant" USING btree ("organization_id","id");--> statement-breakpoint
CREATE INDEX "access_grant_holder_idx" ON "access_grant" USING btree ("holder_organization_id","id");--> statement-breakpoint
CREATE INDEX "access_grant_open_idx" ON "access_grant" USING btree ("organization_id","from") WHERE ended_at is null;--> statement-breakpoint
CREATE INDEX "access_grant_ended_idx" ON "access_grant" USING btree ("organization_id","ended_at") WHERE ended_at is not null;--> statement-breakpoint
CREATE INDEX "access_grant_span_idx" ON "access_grant" USING btree ("organization_id",(ended_at - "from")) WHERE ended_at is not null;--> statement-breakpoint
CREATE INDEX "extension_grant_idx" ON "extension" USING btree ("grant_id");--> statement-breakpoint
CREATE INDEX "outbox_waiting_idx" ON "outbox" USING btree ("due_at") WHERE delivered_at is null;--> statement-breakpoint
CREATE UNIQUE INDEX "person_email_key" ON "person" USING btree (lower("email"));--> statement-breakpoint
CREATE INDEX "person_organization_idx" ON "person" USING btree ("organization_id");--> statement-breakpoint
CREATE INDEX "person_role_person_idx" ON "person_role" USING btree ("person_id");--> statement-breakpoint
CREATE INDEX "person_role_role_idx" ON "person_role" USING btree ("role_id","organization_id");--> statement-breakpoint
CREATE UNIQUE INDEX "source_identity_key" ON "source_identity" USING btree ("source","external_id");--> statement-breakpoint
CREATE UNIQUE INDEX "entitlement_resource_key" ON "entitlement" USING btree ("resource_id","key");--> statement-breakpoint
CREATE UNIQUE INDEX "task_open_once" ON "task" USING btree ("kind","grant_id") WHERE closed_at is null;