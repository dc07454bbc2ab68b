CREATE TABLE "contract" (
	"organization_id" text PRIMARY KEY NOT NULL,
	"content" jsonb NOT NULL,
	"folded_seq" bigint DEFAULT 0 NOT NULL,
	"refold" boolean DEFAULT false NOT NULL,
	"state" text DEFAULT 'none' NOT NULL,
	"seats" integer,
	"until" timestamp (3) with time zone,
	"ended_at" timestamp (3) with time zone,
	"dunning_since" timestamp (3) with time zone,
	"dunning_state" text DEFAULT 'none' NOT NULL,
	"over_seats_since" timestamp (3) with time zone,
	"engine_run" integer DEFAULT 1 NOT NULL,
	"engine_checked_at" timestamp (3) with time zone DEFAULT tenure_now() NOT NULL,
	"wake_at" timestamp (3) with time zone,
	"changed_at" timestamp (3) with time zone DEFAULT tenure_now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "contract_term" (
	"seq" bigserial PRIMARY KEY NOT NULL,
	"organization_id" text NOT NULL,
	"tier_key" text,
	"region" text,
	"from" timestamp (3) with time zone DEFAULT tenure_now() NOT NULL,
	"until" timestamp (3) with time zone
);
--> statement-breakpoint
CREATE TABLE "membership" (
	"seq" bigserial PRIMARY KEY NOT NULL,
	"person_id" text NOT NULL,
	"organization_id" text NOT NULL,
	"contract_role" text,
	"given_roles" text[] DEFAULT '{}' NOT NULL,
	"origin" text NOT NULL,
	"from" timestamp (3) with time zone DEFAULT tenure_now() NOT NULL,
	"until" timestamp (3) with time zone
);
--> statement-breakpoint
CREATE TABLE "contract_fact" (
	"seq" bigserial PRIMARY KEY NOT NULL,
	"organization_id" text NOT NULL,
	"inbound_event_id" text NOT NULL,
	"fact" jsonb NOT NULL
);
--> statement-breakpoint
CREATE TABLE "contract_link" (
	"source" text NOT NULL,
	"external_id" text NOT NULL,
	"organization_id" text NOT NULL,
	"linked_at" timestamp (3) with time zone DEFAULT tenure_now() NOT NULL,
	CONSTRAINT "contract_link_source_external_id_pk" PRIMARY KEY("source","external_id")
);
--> statement-breakpoint
CREATE TABLE "event_source" (
	"key" text PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"scheme" text NOT NULL,
	"mapping" jsonb NOT NULL,
	"secrets" jsonb NOT NULL,
	"sealed_api_key" text,
	"changed_at" timestamp (3) with time zone DEFAULT tenure_now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "inbound_event" (
	"id" text PRIMARY KEY NOT NULL,
	"source" text NOT NULL,
	"event_id" text NOT NULL,
	"body" text NOT NULL,
	"content_type" text NOT NULL,
	"received_at" timestamp (3) with time zone DEFAULT tenure_now() NOT NULL,
	"state" text DEFAULT 'received' NOT NULL,
	"ignored" text,
	"problems" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"organization_id" text,
	"read_at" timestamp (3) with time zone,
	"tries" integer DEFAULT 0 NOT NULL
);
--> statement-breakpoint
CREATE TABLE "mail" (
	"id" text PRIMARY KEY NOT NULL,
	"kind" text NOT NULL,
	"to_person_id" text NOT NULL,
	"organization_id" text NOT NULL,
	"process_id" text,
	"welcome_id" text,
	"data" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"state" text DEFAULT 'queued' NOT NULL,
	"tries" integer DEFAULT 0 NOT NULL,
	"last_error" text,
	"created_at" timestamp (3) with time zone DEFAULT tenure_now() NOT NULL,
	"sent_at" timestamp (3) with time zone
);
--> statement-breakpoint
CREATE TABLE "fence" (
	"id" text PRIMARY KEY NOT NULL,
	"kind" text NOT NULL,
	"subject" text NOT NULL,
	"organization_id" text,
	"cause" text NOT NULL,
	"author" text,
	"limit" integer NOT NULL,
	"opened_at" timestamp (3) with time zone DEFAULT tenure_now() NOT NULL,
	"closed_at" timestamp (3) with time zone
);
--> statement-breakpoint
CREATE TABLE "fence_item" (
	"id" text PRIMARY KEY NOT NULL,
	"fence_id" text NOT NULL,
	"process_id" text NOT NULL,
	"person_id" text,
	"organization_id" text NOT NULL,
	"difference" jsonb NOT NULL,
	"suspended" boolean DEFAULT false NOT NULL,
	"state" text DEFAULT 'waiting' NOT NULL,
	"decided_by" text,
	"decided_at" timestamp (3) with time zone,
	"comment" text
);
--> statement-breakpoint
CREATE TABLE "fence_passage" (
	"kind" text NOT NULL,
	"subject" text NOT NULL,
	"counted" text NOT NULL,
	"passed_at" timestamp (3) with time zone DEFAULT tenure_now() NOT NULL,
	CONSTRAINT "fence_passage_kind_subject_counted_pk" PRIMARY KEY("kind","subject","counted")
);
--> statement-breakpoint
CREATE TABLE "import_run" (
	"id" text PRIMARY KEY NOT NULL,
	"author" text,
	"reason" text NOT NULL,
	"summary" jsonb NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT tenure_now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "process" (
	"id" text PRIMARY KEY NOT NULL,
	"kind" text NOT NULL,
	"state" text DEFAULT 'waiting' NOT NULL,
	"organization_id" text NOT NULL,
	"person_id" text,
	"cause" text NOT NULL,
	"source" text,
	"wish" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"requested_by" text,
	"reason" text,
	"due_at" timestamp (3) with time zone DEFAULT tenure_now() NOT NULL,
	"catalog_revision" integer,
	"policy_version" text,
	"drawn_up_at" timestamp (3) with time zone,
	"created_at" timestamp (3) with time zone DEFAULT tenure_now() NOT NULL,
	"started_at" timestamp (3) with time zone,
	"settled_at" timestamp (3) with time zone,
	"last_error" text,
	"tried_at" timestamp (3) with time zone,
	"replaced_by" text,
	"engine_run" integer DEFAULT 1 NOT NULL,
	"engine_checked_at" timestamp (3) with time zone DEFAULT tenure_now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "process_person" (
	"process_id" text NOT NULL,
	"person_id" text NOT NULL,
	"organization_id" text NOT NULL,
	"state" text DEFAULT 'waiting' NOT NULL,
	"last_error" text,
	"tried_at" timestamp (3) with time zone,
	"tries" integer DEFAULT 0 NOT NULL,
	"changed_at" timestamp (3) with time zone DEFAULT tenure_now() NOT NULL,
	CONSTRAINT "process_person_process_id_person_id_pk" PRIMARY KEY("process_id","person_id")
);
--> statement-breakpoint
CREATE TABLE "renewal" (
	"id" text PRIMARY KEY NOT NULL,
	"grant_id" text NOT NULL,
	"process_id" text NOT NULL,
	"organization_id" text NOT NULL,
	"holder_organization_id" text NOT NULL,
	"former_until" timestamp (3) with time zone NOT NULL,
	"until" timestamp (3) with time zone NOT NULL,
	"recorded_at" timestamp (3) with time zone DEFAULT tenure_now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "target_account" (
	"resource_id" text NOT NULL,
	"account" text NOT NULL,
	"number" integer DEFAULT 0 NOT NULL,
	CONSTRAINT "target_account_resource_id_account_pk" PRIMARY KEY("resource_id","account")
);
--> statement-breakpoint
CREATE TABLE "welcome" (
	"id" text PRIMARY KEY NOT NULL,
	"person_id" text NOT NULL,
	"organization_id" text NOT NULL,
	"process_id" text,
	"token_hash" text NOT NULL,
	"sealed_token" text,
	"created_at" timestamp (3) with time zone DEFAULT tenure_now() NOT NULL,
	"expires_at" timestamp (3) with time zone NOT NULL,
	"confirmed_at" timestamp (3) with time zone,
	"voided_at" timestamp (3) with time zone,
	"reminders" integer DEFAULT 0 NOT NULL,
	CONSTRAINT "welcome_token_hash_unique" UNIQUE("token_hash")
);
--> statement-breakpoint
DROP INDEX "task_open_once";--> statement-breakpoint
ALTER TABLE "task" ALTER COLUMN "grant_id" DROP NOT NULL;--> statement-breakpoint
ALTER TABLE "access_grant" ADD COLUMN "process_id" text;--> statement-breakpoint
ALTER TABLE "access_grant" ADD COLUMN "catalog_revision" integer;--> statement-breakpoint
ALTER TABLE "organization" ADD COLUMN "customer_type" text;--> statement-breakpoint
ALTER TABLE "organization" ADD COLUMN "onboarded_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "organization" ADD COLUMN "offboarded_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "tier" ADD COLUMN "retired_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "person" ADD COLUMN "offboarded_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "entitlement" ADD COLUMN "retired_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "role" ADD COLUMN "retired_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "task" ADD COLUMN "process_id" text;--> statement-breakpoint
ALTER TABLE "task" ADD COLUMN "person_id" text;--> statement-breakpoint
ALTER TABLE "task" ADD COLUMN "resource_id" text;--> statement-breakpoint
ALTER TABLE "task" ADD COLUMN "closed_by" text;--> statement-breakpoint
ALTER TABLE "task" ADD COLUMN "comment" text;--> statement-breakpoint
ALTER TABLE "contract" ADD CONSTRAINT "contract_organization_id_organization_id_fk" FOREIGN KEY ("organization_id") REFERENCES "public"."organization"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "contract_term" ADD CONSTRAINT "contract_term_organization_id_organization_id_fk" FOREIGN KEY ("organization_id") REFERENCES "public"."organization"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "membership" ADD CONSTRAINT "membership_person_id_person_id_fk" FOREIGN KEY ("person_id") REFERENCES "public"."person"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "membership" ADD CONSTRAINT "membership_organization_id_organization_id_fk" FOREIGN KEY ("organization_id") REFERENCES "public"."organization"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "contract_fact" ADD CONSTRAINT "contract_fact_organization_id_organization_id_fk" FOREIGN KEY ("organization_id") REFERENCES "public"."organization"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "contract_fact" ADD CONSTRAINT "contract_fact_inbound_event_id_inbound_event_id_fk" FOREIGN KEY ("inbound_event_id") REFERENCES "public"."inbound_event"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "contract_link" ADD CONSTRAINT "contract_link_organization_id_organization_id_fk" FOREIGN KEY ("organization_id") REFERENCES "public"."organization"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "inbound_event" ADD CONSTRAINT "inbound_event_source_event_source_key_fk" FOREIGN KEY ("source") REFERENCES "public"."event_source"("key") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "inbound_event" ADD CONSTRAINT "inbound_event_organization_id_organization_id_fk" FOREIGN KEY ("organization_id") REFERENCES "public"."organization"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "mail" ADD CONSTRAINT "mail_to_person_id_person_id_fk" FOREIGN KEY ("to_person_id") REFERENCES "public"."person"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "mail" ADD CONSTRAINT "mail_organization_id_organization_id_fk" FOREIGN KEY ("organization_id") REFERENCES "public"."organization"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "mail" ADD CONSTRAINT "mail_process_id_process_id_fk" FOREIGN KEY ("process_id") REFERENCES "public"."process"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "mail" ADD CONSTRAINT "mail_welcome_id_welcome_id_fk" FOREIGN KEY ("welcome_id") REFERENCES "public"."welcome"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "fence" ADD CONSTRAINT "fence_organization_id_organization_id_fk" FOREIGN KEY ("organization_id") REFERENCES "public"."organization"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "fence" ADD CONSTRAINT "fence_author_person_id_fk" FOREIGN KEY ("author") REFERENCES "public"."person"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "fence_item" ADD CONSTRAINT "fence_item_fence_id_fence_id_fk" FOREIGN KEY ("fence_id") REFERENCES "public"."fence"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "fence_item" ADD CONSTRAINT "fence_item_process_id_process_id_fk" FOREIGN KEY ("process_id") REFERENCES "public"."process"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "fence_item" ADD CONSTRAINT "fence_item_person_id_person_id_fk" FOREIGN KEY ("person_id") REFERENCES "public"."person"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "fence_item" ADD CONSTRAINT "fence_item_decided_by_person_id_fk" FOREIGN KEY ("decided_by") REFERENCES "public"."person"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "import_run" ADD CONSTRAINT "import_run_author_person_id_fk" FOREIGN KEY ("author") REFERENCES "public"."person"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "process" ADD CONSTRAINT "process_organization_id_organization_id_fk" FOREIGN KEY ("organization_id") REFERENCES "public"."organization"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "process" ADD CONSTRAINT "process_person_id_person_id_fk" FOREIGN KEY ("person_id") REFERENCES "public"."person"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "process" ADD CONSTRAINT "process_requested_by_person_id_fk" FOREIGN KEY ("requested_by") REFERENCES "public"."person"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "process" ADD CONSTRAINT "process_replaced_by_process_id_fk" FOREIGN KEY ("replaced_by") REFERENCES "public"."process"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "process_person" ADD CONSTRAINT "process_person_process_id_process_id_fk" FOREIGN KEY ("process_id") REFERENCES "public"."process"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "process_person" ADD CONSTRAINT "process_person_person_id_person_id_fk" FOREIGN KEY ("person_id") REFERENCES "public"."person"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "renewal" ADD CONSTRAINT "renewal_grant_id_access_grant_id_fk" FOREIGN KEY ("grant_id") REFERENCES "public"."access_grant"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "renewal" ADD CONSTRAINT "renewal_process_id_process_id_fk" FOREIGN KEY ("process_id") REFERENCES "public"."process"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "target_account" ADD CONSTRAINT "target_account_resource_id_resource_id_fk" FOREIGN KEY ("resource_id") REFERENCES "public"."resource"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "welcome" ADD CONSTRAINT "welcome_person_id_person_id_fk" FOREIGN KEY ("person_id") REFERENCES "public"."person"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "welcome" ADD CONSTRAINT "welcome_organization_id_organization_id_fk" FOREIGN KEY ("organization_id") REFERENCES "public"."organization"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "welcome" ADD CONSTRAINT "welcome_process_id_process_id_fk" FOREIGN KEY ("process_id") REFERENCES "public"."process"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "contract_wake_idx" ON "contract" USING btree ("wake_at") WHERE wake_at is not null;--> statement-breakpoint
CREATE UNIQUE INDEX "contract_term_one_open" ON "contract_term" USING btree ("organization_id") WHERE until is null;--> statement-breakpoint
CREATE INDEX "contract_term_organization_idx" ON "contract_term" USING btree ("organization_id","from");--> statement-breakpoint
CREATE UNIQUE INDEX "membership_one_open" ON "membership" USING btree ("person_id") WHERE until is null;--> statement-breakpoint
CREATE INDEX "membership_organization_idx" ON "membership" USING btree ("organization_id","seq");--> statement-breakpoint
CREATE INDEX "contract_fact_organization_idx" ON "contract_fact" USING btree ("organization_id","seq");--> statement-breakpoint
CREATE INDEX "contract_fact_event_idx" ON "contract_fact" USING btree ("inbound_event_id");--> statement-breakpoint
CREATE INDEX "contract_link_organization_idx" ON "contract_link" USING btree ("organization_id");--> statement-breakpoint
CREATE UNIQUE INDEX "inbound_event_once" ON "inbound_event" USING btree ("source","event_id");--> statement-breakpoint
CREATE INDEX "inbound_event_open_idx" ON "inbound_event" USING btree ("state","id") WHERE state in ('received', 'waiting');--> statement-breakpoint
CREATE INDEX "inbound_event_organization_idx" ON "inbound_event" USING btree ("organization_id","id");--> statement-breakpoint
CREATE INDEX "mail_person_idx" ON "mail" USING btree ("to_person_id","id");--> statement-breakpoint
CREATE INDEX "mail_process_idx" ON "mail" USING btree ("process_id");--> statement-breakpoint
CREATE UNIQUE INDEX "fence_one_open" ON "fence" USING btree ("kind","subject","cause",coalesce(author, '')) WHERE closed_at is null;--> statement-breakpoint
CREATE INDEX "fence_organization_idx" ON "fence" USING btree ("organization_id","id");--> statement-breakpoint
CREATE UNIQUE INDEX "fence_item_once" ON "fence_item" USING btree ("process_id",coalesce(person_id, ''));--> statement-breakpoint
CREATE INDEX "fence_item_fence_idx" ON "fence_item" USING btree ("fence_id","state","id");--> statement-breakpoint
CREATE INDEX "fence_passage_window_idx" ON "fence_passage" USING btree ("kind","subject","passed_at");--> statement-breakpoint
CREATE INDEX "process_open_idx" ON "process" USING btree ("state","engine_checked_at") WHERE state in ('waiting', 'fenced', 'running', 'confirming', 'undoing');--> statement-breakpoint
CREATE INDEX "process_organization_idx" ON "process" USING btree ("organization_id","id");--> statement-breakpoint
CREATE INDEX "process_person_idx" ON "process" USING btree ("person_id","id") WHERE person_id is not null;--> statement-breakpoint
CREATE INDEX "process_person_state_idx" ON "process_person" USING btree ("process_id","state","person_id");--> statement-breakpoint
CREATE INDEX "process_person_person_idx" ON "process_person" USING btree ("person_id");--> statement-breakpoint
CREATE INDEX "renewal_grant_idx" ON "renewal" USING btree ("grant_id");--> statement-breakpoint
CREATE UNIQUE INDEX "welcome_one_open" ON "welcome" USING btree ("person_id") WHERE confirmed_at is null and voided_at is null;--> statement-breakpoint
CREATE INDEX "welcome_process_idx" ON "welcome" USING btree ("process_id");--> statement-breakpoint
ALTER TABLE "access_grant" ADD CONSTRAINT "access_grant_process_id_process_id_fk" FOREIGN KEY ("process_id") REFERENCES "public"."process"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "task" ADD CONSTRAINT "task_process_id_process_id_fk" FOREIGN KEY ("process_id") REFERENCES "public"."process"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "task" ADD CONSTRAINT "task_person_id_person_id_fk" FOREIGN KEY ("person_id") REFERENCES "public"."person"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "task" ADD CONSTRAINT "task_resource_id_resource_id_fk" FOREIGN KEY ("resource_id") REFERENCES "public"."resource"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "task" ADD CONSTRAINT "task_closed_by_person_id_fk" FOREIGN KEY ("closed_by") REFERENCES "public"."person"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "access_grant_one_standing" ON "access_grant" USING btree ("person_id","resource_id","entitlement_id","organization_id") WHERE request_id is null and ended_at is null and end_at is null;--> statement-breakpoint
CREATE INDEX "access_grant_process_idx" ON "access_grant" USING btree ("process_id") WHERE process_id is not null;--> statement-breakpoint
CREATE INDEX "access_grant_account_idx" ON "access_grant" USING btree ("resource_id","account") WHERE ended_at is null;--> statement-breakpoint
CREATE UNIQUE INDEX "task_open_once_for_process" ON "task" USING btree ("kind","process_id",coalesce(person_id, ''),coalesce(resource_id, '')) WHERE closed_at is null and grant_id is null;--> statement-breakpoint
CREATE INDEX "task_owner_idx" ON "task" USING btree ("owner_person_id","id");--> statement-breakpoint
CREATE UNIQUE INDEX "task_open_once" ON "task" USING btree ("kind","grant_id") WHERE closed_at is null and grant_id is not null;--> statement-breakpoint
ALTER TABLE "access_grant" ADD CONSTRAINT "access_grant_process" CHECK ((origin = 'request') = (process_id is null));