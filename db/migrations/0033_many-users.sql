-- With the id beside it: a planner that does not know yet how many people there are may take this index to look one of them up, and would
-- read all of the organization's. A directory that brought its people for the first time grew slower with each of them.
DROP INDEX "person_organization_idx";--> statement-breakpoint
CREATE INDEX "person_organization_idx" ON "person" USING btree ("organization_id","id");--> statement-breakpoint
CREATE INDEX "process_ending_idx" ON "process" USING btree ("organization_id","state") WHERE kind = 'offboarding' and person_id is null and state in ('waiting', 'fenced', 'running');
