-- A production database that several customers share. Safe to repeat; rows are only put into empty tables.
CREATE TABLE IF NOT EXISTS public.orders (
  customer text NOT NULL,
  id bigint GENERATED ALWAYS AS IDENTITY,
  product text NOT NULL,
  quantity integer NOT NULL CHECK (quantity > 0),
  amount_cents bigint NOT NULL,
  status text NOT NULL DEFAULT 'open' CHECK (status IN ('open', 'paid', 'shipped', 'refunded')),
  ordered_at timestamptz NOT NULL DEFAULT now(),
  -- The customer stands first in every key: a duplicate of another customer's row must not show by an error.
  PRIMARY KEY (customer, id)
);
CREATE TABLE IF NOT EXISTS public.tickets (
  customer text NOT NULL,
  id bigint GENERATED ALWAYS AS IDENTITY,
  order_id bigint,
  subject text NOT NULL,
  status text NOT NULL DEFAULT 'open' CHECK (status IN ('open', 'answered', 'closed')),
  opened_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (customer, id),
  FOREIGN KEY (customer, order_id) REFERENCES public.orders (customer, id)
);

INSERT INTO public.orders (customer, product, quantity, amount_cents, status, ordered_at)
SELECT v.customer, v.product, v.quantity, v.amount_cents, v.status, v.ordered_at::timestamptz
FROM (VALUES
  ('acme', 'Northwind Cloud, enterprise seats', 250, 1875000, 'paid', '2026-10-01T08:15:00Z'),
  ('acme', 'Storage, 10 TB', 4, 96000, 'shipped', '2026-10-19T13:40:00Z'),
  ('acme', 'Migration workshop', 2, 480000, 'open', '2026-11-12T09:05:00Z'),
  ('globex', 'Northwind Cloud, professional seats', 40, 160000, 'paid', '2026-10-03T17:22:00Z'),
  ('globex', 'Storage, 1 TB', 2, 12000, 'open', '2026-11-15T21:10:00Z'),
  ('initech', 'Northwind Cloud, free seats', 3, 0, 'paid', '2026-11-02T16:00:00Z')
) AS v (customer, product, quantity, amount_cents, status, ordered_at)
WHERE NOT EXISTS (SELECT FROM public.orders);

INSERT INTO public.tickets (customer, order_id, subject, status, opened_at)
SELECT v.customer, (SELECT min(o.id) FROM public.orders o WHERE o.customer = v.customer), v.subject, v.status,
  v.opened_at::timestamptz
FROM (VALUES
  ('acme', 'Invoice shows 240 seats', 'open', '2026-11-16T10:30:00Z'),
  ('acme', 'Export stops at 10,000 rows', 'answered', '2026-11-09T07:45:00Z'),
  ('globex', 'Cannot add a seat', 'open', '2026-11-17T19:20:00Z'),
  ('initech', 'How do we upgrade?', 'open', '2026-11-18T15:55:00Z')
) AS v (customer, subject, status, opened_at)
WHERE NOT EXISTS (SELECT FROM public.tickets);

ALTER TABLE public.orders OWNER TO northwind_application;
ALTER TABLE public.tickets OWNER TO northwind_application;

GRANT SELECT ON public.orders, public.tickets TO {{database}}_read;
GRANT INSERT, UPDATE, DELETE ON public.orders, public.tickets TO {{database}}_write;

-- One policy for everyone and every command, the tables' owner included. TRUNCATE and REFERENCES pass by policies, and
-- MAINTAIN is about all customers' rows at once: no entitlement holds them here.
ALTER TABLE public.orders ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.orders FORCE ROW LEVEL SECURITY;
ALTER TABLE public.tickets ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.tickets FORCE ROW LEVEL SECURITY;
DO $$
DECLARE
  name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['orders', 'tickets'] LOOP
    IF NOT EXISTS (
      SELECT FROM pg_policies WHERE schemaname = 'public' AND tablename = name AND policyname = 'own_customer'
    ) THEN
      EXECUTE format(
        'CREATE POLICY own_customer ON public.%I FOR ALL TO PUBLIC
           USING (customer = (SELECT tenure.own_customer())) WITH CHECK (customer = (SELECT tenure.own_customer()))',
        name
      );
    END IF;
  END LOOP;
END
$$;

-- What operating means: maintenance with the caller's own rights, so within the caller's customer.
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
