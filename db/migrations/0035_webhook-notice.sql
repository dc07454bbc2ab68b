-- A webhook that stopped by itself is told of by the statement that stops it, once for each stop: to the administrators of the customer
-- whose events it sends, and to who manages access at the vendor where it is the vendor's, or where there is no administrator.
CREATE FUNCTION notice_webhook() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  WITH own AS (
    SELECT DISTINCT h.person_id FROM role r JOIN person_role h ON h.role_id = r.id
    WHERE 'administer-customer' = ANY (r.duties) AND NEW.organization_id <> tenure_vendor()
      AND tenure_holds_role(h.person_id, h.role_id, NEW.organization_id)),
  told AS (
    SELECT person_id FROM own UNION ALL
    SELECT DISTINCT h.person_id FROM role r JOIN person_role h ON h.role_id = r.id
    WHERE 'manage-access' = ANY (r.duties) AND NOT EXISTS (SELECT FROM own)
      AND tenure_holds_role(h.person_id, h.role_id, tenure_vendor()))
  INSERT INTO notice (kind, person_id, subject, data)
  SELECT 'webhook-stopped', person_id, NEW.id || '/' || extract(epoch FROM NEW.changed_at),
    jsonb_build_object('organizationId', NEW.organization_id, 'webhookId', NEW.id)
  FROM told ON CONFLICT DO NOTHING;
  RETURN NULL;
END $$;--> statement-breakpoint
CREATE TRIGGER notice_webhook AFTER UPDATE OF state ON webhook_endpoint FOR EACH ROW
  WHEN (OLD.state <> 'disabled' AND NEW.state = 'disabled') EXECUTE FUNCTION notice_webhook();--> statement-breakpoint
REVOKE EXECUTE ON FUNCTION notice_webhook() FROM PUBLIC;
