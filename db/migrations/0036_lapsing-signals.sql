-- What is over is found among what is open.
CREATE INDEX "signal_lapsing_idx" ON "signal" USING btree ("ends_at") WHERE state = 'open' and ends_at is not null;
