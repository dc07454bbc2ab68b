import { readdirSync, readFileSync } from 'node:fs';
import { digestOf } from '../../crypto/digest.ts';
import type { HoldQuestion, PolicyQuestion } from '../../domain/policy.ts';
import { loadPolicies, type PolicySet, type PolicySource } from '../../policy/load.ts';

const room = new URL('../../policy/', import.meta.url);

/** The schema and the policies that an installation begins with. */
export function defaultSource(): PolicySource {
  const folder = new URL('default/', room);
  const texts = readdirSync(folder).map((file) => [file, readFileSync(new URL(file, folder), 'utf8')]);
  return {
    schema: readFileSync(new URL('schema.cedarschema', room), 'utf8'),
    texts: Object.fromEntries(texts),
  };
}

/** The default schema with other policies. */
export function load(texts: Record<string, string>): PolicySet {
  return loadPolicies({ ...defaultSource(), texts }, digestOf);
}

/** Sam asks to read Globex's data, properly; a test changes what it is about. */
export function question(
  changes: {
    person?: Partial<PolicyQuestion['person']>;
    resource?: Partial<PolicyQuestion['resource']>;
    organization?: Partial<PolicyQuestion['organization']>;
    assurance?: Partial<PolicyQuestion['assurance']>;
    entitlement?: string;
    hasTicket?: boolean;
    now?: string;
  } = {},
): PolicyQuestion {
  return {
    person: {
      id: 'person_sam',
      roles: ['support-engineer'],
      organization: { id: 'org_northwind', kind: 'vendor' },
      employment: 'employee',
      department: 'Support',
      region: null,
      suspended: false,
      ...changes.person,
    },
    resource: {
      id: 'res_1',
      key: 'postgres-us',
      kind: 'postgres',
      region: 'us',
      classification: 'confidential',
      ...changes.resource,
    },
    organization: {
      id: 'org_globex',
      key: 'globex',
      kind: 'customer',
      tier: 'professional',
      approvesVendorAccess: false,
      suspended: false,
      ...changes.organization,
    },
    entitlement: changes.entitlement ?? 'read',
    assurance: { amr: ['pwd', 'otp', 'mfa'], signals: [], ...changes.assurance },
    hasTicket: changes.hasTicket ?? true,
    now: changes.now ?? '2026-11-22T14:02:00.000Z',
  };
}

/** May Anna, whose role gives it, hold `sign-in` on a shared resource for her own organization? A test changes what it is about. */
export function holdQuestion(
  changes: {
    person?: Partial<HoldQuestion['person']>;
    resource?: Partial<HoldQuestion['resource']>;
    organization?: Partial<HoldQuestion['organization']>;
    entitlement?: string;
    signals?: string[];
    now?: string;
  } = {},
): HoldQuestion {
  return {
    person: {
      id: 'person_anna',
      roles: ['customer-administrator'],
      organization: { id: 'org_acme', kind: 'customer' },
      employment: 'customer',
      department: null,
      region: 'eu',
      suspended: false,
      ...changes.person,
    },
    resource: {
      id: 'res_app',
      key: 'app',
      kind: 'application',
      region: 'eu',
      classification: 'confidential',
      ...changes.resource,
    },
    organization: {
      id: 'org_acme',
      key: 'acme',
      kind: 'customer',
      tier: 'enterprise',
      approvesVendorAccess: true,
      suspended: false,
      ...changes.organization,
    },
    entitlement: changes.entitlement ?? 'sign-in',
    signals: changes.signals ?? [],
    now: changes.now ?? '2026-11-22T14:02:00.000Z',
  };
}
