/** What SCIM's resources consist of here (RFC 7643), as data: for who asks, and for reading what a directory says. */

export const userSchema = 'urn:ietf:params:scim:schemas:core:2.0:User';
export const groupSchema = 'urn:ietf:params:scim:schemas:core:2.0:Group';
export const enterpriseSchema = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';

export type ScimKind = 'User' | 'Group';

/** An attribute and what is so of it (RFC 7643, section 7). */
export interface ScimAttributeSchema {
  name: string;
  type: 'string' | 'boolean' | 'reference' | 'dateTime' | 'complex';
  multiValued: boolean;
  description: string;
  required: boolean;
  caseExact?: boolean;
  mutability: 'readWrite' | 'readOnly' | 'immutable';
  returned: 'default';
  uniqueness: 'none' | 'server';
  /** What a reference may lead to: a resource type, or anything elsewhere. */
  referenceTypes?: (ScimKind | 'external')[];
  canonicalValues?: string[];
  subAttributes?: ScimAttributeSchema[];
}

function attribute(
  name: string,
  type: ScimAttributeSchema['type'],
  more: Partial<ScimAttributeSchema> = {},
): ScimAttributeSchema {
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
const refTo = (type: ScimKind) => attribute('$ref', 'reference', { referenceTypes: [type] });
const listOf = (name: string, value = attribute('value', 'string')) =>
  attribute(name, 'complex', {
    multiValued: true,
    subAttributes: [value, ...texts('display', 'type'), attribute('primary', 'boolean')],
  });
const elsewhere = (name: string) => attribute(name, 'reference', { referenceTypes: ['external'] });

export const userAttributes: readonly ScimAttributeSchema[] = [
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
  // Whoever says neither is understood as well: active, and with a userName that is an address. Neither can be taken away.
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

export const groupAttributes: readonly ScimAttributeSchema[] = [
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

export const enterpriseAttributes: readonly ScimAttributeSchema[] = [
  ...texts('employeeNumber', 'costCenter', 'organization', 'division', 'department'),
  attribute('manager', 'complex', { subAttributes: [...texts('value', 'displayName'), refTo('User')] }),
];

/** What every resource has, and what is understood and is no attribute of ours: refused, or left out. */
const beside: readonly ScimAttributeSchema[] = [
  ...texts('externalId', 'id', 'password'),
  attribute('schemas', 'string', { multiValued: true }),
  attribute('meta', 'complex'),
  listOf('x509Certificates'),
  listOf('roles'),
  listOf('entitlements'),
];

/** Attributes by their names in small letters: they mean the same in any case (section 2.1). */
export type ScimAttributes = ReadonlyMap<string, ScimAttributeSchema>;

export function byName(attributes: readonly ScimAttributeSchema[]): ScimAttributes {
  return new Map(attributes.map((one) => [one.name.toLowerCase(), one]));
}

/** The attributes of a resource by themselves, without those of extensions. */
export const coreAttributes: Readonly<Record<ScimKind, ScimAttributes>> = {
  User: byName([...userAttributes, ...beside]),
  Group: byName([...groupAttributes, ...beside]),
};

export const extensionAttributes: ScimAttributes = byName(enterpriseAttributes);

const all = [...userAttributes, ...groupAttributes, ...enterpriseAttributes, ...beside];
const spelled = new Map(
  [...all.flatMap((one) => one.subAttributes ?? []), ...all].map(({ name }) => [name.toLowerCase(), name]),
);
const lists = new Set(all.filter(({ multiValued }) => multiValued).map(({ name }) => name.toLowerCase()));
const urns = new Map([userSchema, groupSchema, enterpriseSchema].map((urn) => [urn.toLowerCase(), urn]));

/** A name as it is written here, in whatever case it came. */
export function spelledName(name: string): string {
  return spelled.get(name.toLowerCase()) ?? name;
}

/** The same of a schema's URN (RFC 8141, section 3.1). */
export function spelledUrn(urn: string): string {
  return urns.get(urn.toLowerCase()) ?? urn;
}

/** Whether an attribute of that name is a list. */
export function isScimList(name: string): boolean {
  return lists.has(name.toLowerCase());
}
