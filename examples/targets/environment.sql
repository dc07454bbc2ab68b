-- A customer's own environment: a database with that customer's data alone. Safe to repeat; rows are only put into
-- empty tables.
CREATE TABLE IF NOT EXISTS public.orders (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  product text NOT NULL,
  quantity integer NOT NULL CHECK (quantity > 0),
  amount_cents bigint NOT NULL,
  status text NOT NULL DEFAULT 'open' CHECK (status IN ('open', 'paid', 'shipped', 'refunded')),
  ordered_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE IF NOT EXISTS public.tickets (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  order_id bigint REFERENCES public.orders (id),
  subject text NOT NULL,
  status text NOT NULL DEFAULT 'open' CHECK (status IN ('open', 'answered', 'closed')),
  opened_at timestamptz NOT NULL DEFAULT now()
);

INSERT INTO public.orders (product, quantity, amount_cents, status, ordered_at)
SELECT v.product, v.quantity, v.amount_cents, v.status, v.ordered_at::timestamptz
FROM (VALUES
  ('Paper, A4, box', 120, 34800, 'shipped', '2026-11-03T09:12:00Z'),
  ('Toner, black', 14, 96600, 'paid', '2026-11-11T11:31:00Z'),
  ('Desk lamp', 6, 23400, 'open', '2026-11-19T14:02:00Z')
) AS v (product, quantity, amount_cents, status, ordered_at)
WHERE NOT EXISTS (SELECT FROM public.orders);

INSERT INTO public.tickets (order_id, subject, status, opened_at)
SELECT (SELECT min(o.id) FROM public.orders o), v.subject, v.status, v.opened_at::timestamptz
FROM (VALUES
  ('Delivery is two boxes short', 'open', '2026-11-05T08:00:00Z'),
  ('Invoice address is wrong', 'answered', '2026-11-12T16:40:00Z')
) AS v (subject, status, opened_at)
WHERE NOT EXISTS (SELECT FROM public.tickets);

ALTER TABLE public.orders OWNER TO northwind_application;
ALTER TABLE public.tickets OWNER TO northwind_application;

GRANT SELECT ON public.orders, public.tickets TO {{database}}_read;
GRANT INSERT, UPDATE, DELETE ON public.orders, public.tickets TO {{database}}_write;
-- VACUUM, ANALYZE, REINDEX: the customer has this database to itself, so a lock hurts nobody else.
GRANT MAINTAIN ON public.orders, public.tickets TO {{database}}_operate;

CREATE SCHEMA IF NOT EXISTS maintenance;
GRANT USAGE ON SCHEMA maintenance TO {{database}}_operate;
CREATE OR REPLACE FUNCTION maintenance.close_answered_tickets() RETURNS bigint
  LANGUAGE sql SECURITY INVOKER SET search_path = pg_catalog, pg_temp
  BEGIN ATOMIC
    WITH closed AS (UPDATE public.tickets SET status = 'closed' WHERE status = 'answered' RETURNING 1)
    SELECT count(*) FROM closed;
  END;
REVOKE ALL ON FUNCTION maintenance.close_answered_tickets() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION maintenance.close_answered_tickets() TO {{database}}_operate;
