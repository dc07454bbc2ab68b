import { pageCount } from './request.ts';
import { enterpriseSchema, groupSchema, userSchema } from './resource.ts';
import type { Json } from './user-words.ts';

/** What of SCIM is spoken here, and what is not (RFC 7643, section 5). */
export function serviceProviderConfig(base: string): Json {
  return {
    schemas: ['urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig'],
    patch: { supported: true },
    bulk: { supported: false, maxOperations: 0, maxPayloadSize: 0 },
    filter: { supported: true, maxResults: pageCount.most },
    changePassword: { supported: false },
    sort: { supported: true },
    etag: { supported: true },
    authenticationSchemes: [
      {
        type: 'oauthbearertoken',
        name: 'Bearer token',
        description: 'A token that an administrator has made for this directory (RFC 6750).',
        specUri: 'https://www.rfc-editor.org/info/rfc6750',
        primary: true,
      },
    ],
    meta: { resourceType: 'ServiceProviderConfig', location: `${base}/ServiceProviderConfig` },
  };
}

export function resourceTypes(base: string): Json[] {
  return [
    {
      schemas: ['urn:ietf:params:scim:schemas:core:2.0:ResourceType'],
      id: 'User',
      name: 'User',
      endpoint: '/Users',
      description: 'A user of this customer',
      schema: userSchema,
      schemaExtensions: [{ schema: enterpriseSchema, required: false }],
      meta: { resourceType: 'ResourceType', location: `${base}/ResourceTypes/User` },
    },
    {
      schemas: ['urn:ietf:params:scim:schemas:core:2.0:ResourceType'],
      id: 'Group',
      name: 'Group',
      endpoint: '/Groups',
      description: 'A group, which gives the role that it is mapped to',
      schema: groupSchema,
      schemaExtensions: [],
      meta: { resourceType: 'ResourceType', location: `${base}/ResourceTypes/Group` },
    },
  ];
}

type Kind = 'string' | 'boolean' | 'reference' | 'dateTime' | 'complex';

interface More {
  multiValued?: boolean;
  required?: boolean;
  caseExact?: boolean;
  mutability?: 'readWrite' | 'readOnly' | 'immutable';
  uniqueness?: 'none' | 'server';
  /** What a reference may lead to: a resource type, or anything elsewhere (RFC 7643, section 7). */
  referenceTypes?: ('User' | 'Group' | 'external')[];
  canonicalValues?: string[];
  subAttributes?: Json[];
}

function attribute(name: string, type: Kind, more: More = {}): Json {
  return {
    name,
    type,
    multiValued: false,
    description: name,
    required: false,
    ...(type === 'string' ? { caseExact: false } : {}),
    ...(type === 'reference' ? { caseExact: true } : {}),
    mutability: 'readWrite',
    returned: 'default',
    uniqueness: 'none',
    ...more,
  };
}

const texts = (...names: string[]) => names.map((name) => attribute(name, 'string'));
const refTo = (type: 'User' | 'Group') => attribute('$ref', 'reference', { referenceTypes: [type] });
const listOf = (name: string, value = attribute('value', 'string')) =>
  attribute(name, 'complex', {
    multiValued: true,
    subAttributes: [value, ...texts('display', 'type'), attribute('primary', 'boolean')],
  });
const elsewhere = (name: string) => attribute(name, 'reference', { referenceTypes: ['external'] });

const userAttributes: Json[] = [
  attribute('userName', 'string', { required: true, uniqueness: 'server' }),
  attribute('name', 'complex', {
    subAttributes: texts(
      'formatted',
      'familyName',
      'givenName',
      'middleName',
      'honorificPrefix',
      'honorificSuffix',
    ),
  }),
  ...texts('displayName', 'nickName', 'title', 'userType', 'preferredLanguage', 'locale', 'timezone'),
  elsewhere('profileUrl'),
  // Whoever says neither is understood as well: active, and with a userName that is an address.
  attribute('active', 'boolean', { required: true }),
  { ...listOf('emails', attribute('value', 'string', { required: true })), required: true },
  listOf('phoneNumbers'),
  listOf('ims'),
  listOf('photos', elsewhere('value')),
  attribute('addresses', 'complex', {
    multiValued: true,
    subAttributes: [
      ...texts('formatted', 'streetAddress', 'locality', 'region', 'postalCode', 'country', 'type'),
      attribute('primary', 'boolean'),
    ],
  }),
  attribute('groups', 'complex', {
    multiValued: true,
    mutability: 'readOnly',
    subAttributes: [...texts('value', 'display'), refTo('Group')].map((one) => ({
      ...one,
      mutability: 'readOnly',
    })),
  }),
];

const groupAttributes: Json[] = [
  attribute('displayName', 'string', { required: true }),
  attribute('members', 'complex', {
    multiValued: true,
    subAttributes: [
      ...texts('value'),
      refTo('User'),
      attribute('type', 'string', { canonicalValues: ['User'] }),
    ].map((one) => ({ ...one, mutability: 'immutable' })),
  }),
];

const enterpriseAttributes: Json[] = [
  ...texts('employeeNumber', 'costCenter', 'organization', 'division', 'department'),
  attribute('manager', 'complex', { subAttributes: [...texts('value', 'displayName'), refTo('User')] }),
];

/** What users and groups consist of (RFC 7643, section 7). */
export function schemas(base: string): Json[] {
  return [
    ['User', userSchema, userAttributes] as const,
    ['Group', groupSchema, groupAttributes] as const,
    ['EnterpriseUser', enterpriseSchema, enterpriseAttributes] as const,
  ].map(([name, id, attributes]) => ({
    schemas: ['urn:ietf:params:scim:schemas:core:2.0:Schema'],
    id,
    name,
    description: name,
    attributes,
    meta: { resourceType: 'Schema', location: `${base}/Schemas/${id}` },
  }));
}
