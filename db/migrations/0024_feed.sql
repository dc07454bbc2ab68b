-- Where an event stands in the feed: by the transaction that wrote it, once no transaction under way can still write before it.
CREATE INDEX "audit_event_place_idx" ON "audit_event" USING btree ("cluster","xid","id");--> statement-breakpoint
-- The clusters that have written events, in the order in which they began to: a ledger that was restored counts its transactions anew.
CREATE FUNCTION tenure_clusters() RETURNS text[] LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  WITH RECURSIVE known (cluster) AS (
    (SELECT cluster FROM audit_event ORDER BY cluster LIMIT 1)
    UNION ALL
    SELECT (SELECT a.cluster FROM audit_event a WHERE a.cluster > k.cluster ORDER BY a.cluster LIMIT 1) FROM known k WHERE k.cluster IS NOT NULL
  )
  SELECT coalesce(array_agg(k.cluster ORDER BY k.cluster = tenure_cluster(), (
    SELECT a.occurred_at FROM audit_event a WHERE a.cluster = k.cluster ORDER BY a.xid, a.id LIMIT 1)), '{}')
  FROM known k WHERE k.cluster IS NOT NULL
$$;
