-- What somebody was before, for their directory and for who comes back.
CREATE INDEX "membership_person_idx" ON "membership" USING btree ("person_id","seq");
