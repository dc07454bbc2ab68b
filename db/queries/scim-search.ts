import { type SQL, sql } from 'drizzle-orm';
import { assertNever } from '../../domain/errors.ts';
import {
  enterpriseSchema,
  groupSchema,
  isScimList,
  spelledName,
  userSchema,
} from '../../domain/scim-schema.ts';
import {
  type ScimAttribute,
  type ScimFilter,
  ScimFilterError,
  type ScimOperator,
  type ScimValue,
} from '../../domain/scim-filter.ts';

/** What a filter is of: rows of table `u` as `listScimUsers` has them, or of `g` for groups. */
export type ResourceKind = 'User' | 'Group';

/** How a value is compared: `exact` minds the case (RFC 7643, section 2.2: caseExact), `folded` does not; `key` is kept folded, a `location` without the customer's address before it. */
type Column = { value: SQL; as: 'exact' | 'folded' | 'key' | 'location' | 'instant' | 'boolean' };

/** The ETag of a row of `table`, as a resource's `meta` has it. */
function tagOf(table: SQL, modifiedAt: SQL): SQL {
  return sql`concat('W/"', ${table}.version, case when date_trunc('milliseconds', ${modifiedAt}) <> date_trunc('milliseconds', ${table}.changed_at)
    then '-' || floor(extract(epoch from ${modifiedAt}) * 1000)::bigint end, '"')`;
}

const columns: Record<ResourceKind, Record<string, Column>> = {
  User: {
    id: { value: sql`u.id`, as: 'exact' },
    externalid: { value: sql`u.external_id`, as: 'exact' },
    username: { value: sql`u.user_key`, as: 'key' },
    active: { value: sql`u.active`, as: 'boolean' },
    'meta.resourcetype': { value: sql`'User'`, as: 'folded' },
    'meta.created': { value: sql`u.created_at`, as: 'instant' },
    'meta.lastmodified': { value: sql`u.modified_at`, as: 'instant' },
    meta: { value: sql`u.id`, as: 'exact' },
    'meta.version': { value: tagOf(sql`u`, sql`u.modified_at`), as: 'exact' },
    'meta.location': { value: sql`'/Users/' || u.id`, as: 'location' },
  },
  Group: {
    id: { value: sql`g.id`, as: 'exact' },
    externalid: { value: sql`g.external_id`, as: 'exact' },
    displayname: { value: sql`g.display_key`, as: 'key' },
    'meta.resourcetype': { value: sql`'Group'`, as: 'folded' },
    'meta.created': { value: sql`g.created_at`, as: 'instant' },
    'meta.lastmodified': { value: sql`g.changed_at`, as: 'instant' },
    meta: { value: sql`g.id`, as: 'exact' },
    'meta.version': { value: tagOf(sql`g`, sql`g.changed_at`), as: 'exact' },
    'meta.location': { value: sql`'/Groups/' || g.id`, as: 'location' },
  },
};

/** A filter as a condition, every value a parameter. @throws ScimFilterError for what cannot be compared so */
export function scimCondition(kind: ResourceKind, filter: ScimFilter): SQL {
  switch (filter.kind) {
    case 'and':
      return sql`(${scimCondition(kind, filter.left)} and ${scimCondition(kind, filter.right)})`;
    case 'or':
      return sql`(${scimCondition(kind, filter.left)} or ${scimCondition(kind, filter.right)})`;
    case 'not':
      // What is not known is not so.
      return sql`(${scimCondition(kind, filter.of)} is not true)`;
    case 'any':
      return listed(kind, filter.attribute, soughtIn(filter.of), (element) =>
        elementCondition(element, filter.of),
      );
    case 'compare':
      return compared(kind, filter);
    default:
      return assertNever(filter);
  }
}

/** What a list is ordered by; null where that is no attribute of one value. @throws ScimFilterError */
export function scimOrder(kind: ResourceKind, attribute: ScimAttribute, isDescending: boolean): SQL {
  const { value, as } = isList(attribute) ? mainOf(kind, attribute) : columnOf(kind, attribute);
  const key = as === 'folded' ? sql`lower(${value})` : value;
  // Who has none comes last (RFC 7644, section 3.4.2.3), and first the other way round.
  return isDescending ? sql`${key} desc nulls first` : sql`${key} asc nulls last`;
}

/** By which a list is ordered: its primary element, else its first (RFC 7644, section 3.4.2.3). Nothing is ordered by who is in it. */
function mainOf(kind: ResourceKind, { name, sub }: ScimAttribute): Column {
  if (isMembers(kind, name)) throw new ScimFilterError('Nothing is ordered by this.');
  const list = listOf(kind, name);
  const main = sql`coalesce(jsonb_path_query_first(${list}, '$[*] ? (@.primary == true)'), ${list} -> 0)`;
  return partOf(main, sub ?? 'value');
}

function compared(kind: ResourceKind, filter: ScimFilter & { kind: 'compare' }): SQL {
  const { attribute, operator, value } = filter;
  if (isList(attribute)) {
    const part = attribute.sub ?? 'value';
    const sought = part.toLowerCase() === 'value' && operator === 'eq' ? value : null;
    return listed(kind, attribute, sought, (element) => compare(partOf(element, part), operator, value));
  }
  return compare(columnOf(kind, attribute), operator, value);
}

function isList({ urn, name }: ScimAttribute): boolean {
  if (urn !== null) return false;
  return isScimList(name);
}

function isMembers(kind: ResourceKind, name: string): boolean {
  return name.toLowerCase() === (kind === 'User' ? 'groups' : 'members');
}

/**
 * Whether an element of a list fulfils the condition. `sought`: the `value` that such an element has, where the filter names one: by
 * it the few rows are found of which the rest is asked.
 */
function listed(
  kind: ResourceKind,
  { urn, name }: ScimAttribute,
  sought: ScimValue,
  condition: (element: SQL) => SQL,
): SQL {
  if (urn !== null) throw new ScimFilterError('This attribute is no list.');
  const isSought = typeof sought === 'string';
  if (isMembers(kind, name)) {
    const [own, other] =
      kind === 'User' ? [sql`m.user_id`, sql`m.group_id`] : [sql`m.group_id`, sql`m.user_id`];
    const of =
      kind === 'User'
        ? sql`(select jsonb_build_object('value', m.group_id, 'display', x.display_name) as value, ${own} as own, ${other} as other
            from scim_member m join scim_group x on x.id = m.group_id)`
        : sql`(select jsonb_build_object('value', m.user_id, 'display', x.user_name, 'type', 'User') as value, ${own} as own, ${other} as other
            from scim_member m join scim_user x on x.id = m.user_id)`;
    // Our ids are in lower case.
    const first = isSought ? sql`e.other = lower(${sought}::text) and` : sql``;
    return sql`exists (select 1 from ${of} e where e.own = ${kind === 'User' ? sql`u.id` : sql`g.id`} and ${first} ${condition(sql`e.value`)})`;
  }
  const list = name.toLowerCase() === 'schemas' ? schemasOf(kind) : listOf(kind, name);
  const isThere = sql`exists (select 1 from jsonb_array_elements(case when jsonb_typeof${list} = 'array' then ${list} else '[]' end) e
    where ${condition(sql`e.value`)})`;
  if (kind !== 'User' || spelledName(name) !== 'emails' || !isSought) return isThere;
  return sql`(strpos(u.email_keys, lower(to_jsonb(${sought}::text)::text)) > 0 and ${isThere})`;
}

function listOf(kind: ResourceKind, name: string): SQL {
  return sql`(${attributesOf(kind)} -> ${spelledName(name)}::text)`;
}

/** The URNs of what a resource consists of, each as the value of an element. */
function schemasOf(kind: ResourceKind): SQL {
  const core = kind === 'User' ? userSchema : groupSchema;
  const element = (urn: string) => sql`jsonb_build_object('value', ${urn}::text)`;
  return sql`(jsonb_build_array(${element(core)}) || case when ${attributesOf(kind)} ? ${enterpriseSchema}::text
    then jsonb_build_array(${element(enterpriseSchema)}) else '[]'::jsonb end)`;
}

/** The text that `value eq "…"` says, alone or with more that is so besides; null where there is none. */
function soughtIn(filter: ScimFilter): ScimValue {
  if (filter.kind === 'and') return soughtIn(filter.left) ?? soughtIn(filter.right);
  if (filter.kind !== 'compare' || filter.operator !== 'eq') return null;
  return filter.attribute.name.toLowerCase() === 'value' ? filter.value : null;
}

function elementCondition(element: SQL, filter: ScimFilter): SQL {
  switch (filter.kind) {
    case 'and':
      return sql`(${elementCondition(element, filter.left)} and ${elementCondition(element, filter.right)})`;
    case 'or':
      return sql`(${elementCondition(element, filter.left)} or ${elementCondition(element, filter.right)})`;
    case 'not':
      return sql`(${elementCondition(element, filter.of)} is not true)`;
    case 'any':
      throw new ScimFilterError('A list within a list has no filter.');
    case 'compare':
      return compare(partOf(element, filter.attribute.name), filter.operator, filter.value);
    default:
      return assertNever(filter);
  }
}

function partOf(element: SQL, name: string): Column {
  return { value: sql`(${element} ->> ${spelledName(name)}::text)`, as: 'folded' };
}

function columnOf(kind: ResourceKind, { urn, name, sub }: ScimAttribute): Column {
  const path = [name, sub].filter(Boolean).join('.').toLowerCase();
  // What every object has, such as `constructor`, is no column.
  const known = urn === null && Object.hasOwn(columns[kind], path) ? columns[kind][path] : undefined;
  if (known) return known;
  const attributes = urn === null ? attributesOf(kind) : sql`(${attributesOf(kind)} -> ${urn}::text)`;
  // A manager is named by their id.
  const part = sub ?? (spelledName(name) === 'manager' ? 'value' : null);
  const value =
    part === null
      ? sql`(${attributes} ->> ${spelledName(name)}::text)`
      : sql`(${attributes} -> ${spelledName(name)}::text ->> ${spelledName(part)}::text)`;
  return { value, as: 'folded' };
}

function attributesOf(kind: ResourceKind): SQL {
  return kind === 'User' ? sql`u.attributes` : sql`g.attributes`;
}

const instantForm = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:\d\d)?$/;

function compare({ value, as }: Column, operator: ScimOperator, said: ScimValue): SQL {
  if (operator === 'pr')
    return as === 'instant' || as === 'boolean'
      ? sql`${value} is not null`
      : sql`coalesce(${value}, '') <> ''`;
  if (said === null) {
    if (operator !== 'eq' && operator !== 'ne') throw new ScimFilterError('Null is like nothing else.');
    return operator === 'eq' ? sql`${value} is null` : sql`${value} is not null`;
  }
  if (as === 'boolean') return compareBoolean(value, operator, said);
  if (as === 'instant') {
    if (typeof said !== 'string' || !instantForm.test(said) || Number.isNaN(Date.parse(said)))
      throw new ScimFilterError('A date is compared with one, like "2026-11-23T09:00:00Z".');
    // Without a zone it is UTC, as everything is here.
    const instant = new Date(/T.*(?:Z|[+-]\d\d:\d\d)$/.test(said) ? said : `${said}Z`);
    return ordered(value, operator, sql`${instant.toISOString()}::timestamptz`);
  }
  const text =
    as === 'location' ? String(said).replace(/^https?:\/\/.*\/scim\/v2\/[^/]+/i, '') : String(said);
  const has = as === 'folded' ? sql`lower(${value})` : value;
  const wanted = as === 'exact' || as === 'location' ? sql`${text}::text` : sql`lower(${text}::text)`;
  if (operator === 'co') return sql`strpos(${has}, ${wanted}) > 0`;
  if (operator === 'sw') return sql`starts_with(${has}, ${wanted})`;
  if (operator === 'ew') return sql`right(${has}, length(${wanted})) = ${wanted}`;
  return ordered(has, operator, wanted);
}

function compareBoolean(value: SQL, operator: ScimOperator, said: ScimValue): SQL {
  const wanted = typeof said === 'string' ? { true: true, false: false }[said.toLowerCase()] : said;
  if (typeof wanted !== 'boolean' || (operator !== 'eq' && operator !== 'ne'))
    throw new ScimFilterError('This is true or false.');
  return (operator === 'eq') === wanted ? sql`${value}` : sql`not ${value}`;
}

const signs = {
  eq: sql`=`,
  ne: sql`is distinct from`,
  gt: sql`>`,
  ge: sql`>=`,
  lt: sql`<`,
  le: sql`<=`,
} as const;

function ordered(has: SQL, operator: ScimOperator, wanted: SQL): SQL {
  if (operator === 'co' || operator === 'sw' || operator === 'ew' || operator === 'pr')
    throw new ScimFilterError('This cannot be compared so.');
  return sql`${has} ${signs[operator]} ${wanted}`;
}
