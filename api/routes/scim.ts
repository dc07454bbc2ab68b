import { z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import type { Directory } from '../../db/queries/scim-token.ts';
import type { ApiDeps } from '../deps.ts';
import type { ApiEnv } from '../env.ts';
import {
  changeScimGroup,
  createScimGroup,
  deleteScimGroupOf,
  findScimGroups,
  showScimGroup,
} from '../operations/scim-group.ts';
import { notFound } from '../operations/refusals.ts';
import {
  changeScimUser,
  createScimUser,
  deleteScimUserOf,
  findScimUsers,
  showScimUser,
} from '../operations/scim-user.ts';
import { type Api, declare } from '../route.ts';
import { answer, gone, list, made, named, one, scimResponses } from '../scim/answer.ts';
import { createDoor, directoryOf, type Door } from '../scim/authenticate.ts';
import { patched } from '../scim/core.ts';
import { resourceTypes, schemas, serviceProviderConfig } from '../scim/discovery.ts';
import { projected } from '../scim/projection.ts';
import { bodyOf, listWish, type ListWish, type Shown, shownOf, unstorable } from '../scim/request.ts';
import { groupResource, userResource } from '../scim/resource.ts';
import { ScimRefusal } from '../scim/refusal.ts';
import type { Json } from '../scim/json.ts';
import { groupWords, userWords } from '../scim/user-words.ts';

/** A request of a directory that has shown who it is. */
interface Call {
  c: Context<ApiEnv>;
  deps: ApiDeps;
  directory: Directory;
  /** The address of this customer's SCIM. */
  base: string;
  /** The resource that the path names. */
  id: string;
  ifMatch: string | null;
}

type Handler = (call: Call) => Promise<Response> | Response;

interface ScimRoute {
  method: 'get' | 'post' | 'put' | 'patch' | 'delete';
  path: string;
  operationId: string;
  summary: string;
  run: Handler;
}

const users: readonly ScimRoute[] = [
  { method: 'get', path: '/Users', operationId: 'scimListUsers', summary: 'List users', run: listUsers },
  {
    method: 'post',
    path: '/Users',
    operationId: 'scimCreateUser',
    summary: 'Create a user',
    run: createUser,
  },
  {
    method: 'post',
    path: '/Users/.search',
    operationId: 'scimSearchUsers',
    summary: 'List users by a body instead of a query',
    run: listUsers,
  },
  { method: 'get', path: '/Users/{id}', operationId: 'scimGetUser', summary: 'One user', run: getUser },
  { method: 'put', path: '/Users/{id}', operationId: 'scimPutUser', summary: 'Replace a user', run: putUser },
  {
    method: 'patch',
    path: '/Users/{id}',
    operationId: 'scimPatchUser',
    summary: 'Change a user, whole or not at all',
    run: patchUser,
  },
  {
    method: 'delete',
    path: '/Users/{id}',
    operationId: 'scimDeleteUser',
    summary: 'Delete a user, whose name is free then',
    run: deleteUser,
  },
];

const groups: readonly ScimRoute[] = [
  { method: 'get', path: '/Groups', operationId: 'scimListGroups', summary: 'List groups', run: listGroups },
  {
    method: 'post',
    path: '/Groups',
    operationId: 'scimCreateGroup',
    summary: 'Create a group',
    run: createGroup,
  },
  {
    method: 'post',
    path: '/Groups/.search',
    operationId: 'scimSearchGroups',
    summary: 'List groups by a body instead of a query',
    run: listGroups,
  },
  { method: 'get', path: '/Groups/{id}', operationId: 'scimGetGroup', summary: 'One group', run: getGroup },
  {
    method: 'put',
    path: '/Groups/{id}',
    operationId: 'scimPutGroup',
    summary: 'Replace a group',
    run: putGroup,
  },
  {
    method: 'patch',
    path: '/Groups/{id}',
    operationId: 'scimPatchGroup',
    summary: 'Change a group, whole or not at all',
    run: patchGroup,
  },
  {
    method: 'delete',
    path: '/Groups/{id}',
    operationId: 'scimDeleteGroup',
    summary: 'Delete a group, and what it gave',
    run: deleteGroup,
  },
];

const discovery: readonly ScimRoute[] = [
  {
    method: 'get',
    path: '/ServiceProviderConfig',
    operationId: 'scimGetConfig',
    summary: 'What of SCIM is spoken here',
    run: ({ base }) => answer(serviceProviderConfig(base)),
  },
  {
    method: 'get',
    path: '/Schemas',
    operationId: 'scimListSchemas',
    summary: 'What users and groups consist of',
    run: ({ c, base }) => whole(c, schemas(base)),
  },
  {
    method: 'get',
    path: '/Schemas/{id}',
    operationId: 'scimGetSchema',
    summary: 'One schema',
    run: ({ base, id }) => named(schemas(base), id),
  },
  {
    method: 'get',
    path: '/ResourceTypes',
    operationId: 'scimListResourceTypes',
    summary: 'What there is: users and groups',
    run: ({ c, base }) => whole(c, resourceTypes(base)),
  },
  {
    method: 'get',
    path: '/ResourceTypes/{id}',
    operationId: 'scimGetResourceType',
    summary: 'One resource type',
    run: ({ base, id }) => named(resourceTypes(base), id),
  },
];

/** Discovery is not searched (RFC 7644, section 4). @throws ScimRefusal 403 */
function whole(c: Call['c'], resources: readonly Json[]): Response {
  if (c.req.query('filter') !== undefined)
    throw new ScimRefusal(403, null, 'This list is not filtered: ask for one by its id.');
  return list(resources);
}

const everything: ScimRoute = {
  method: 'post',
  path: '/.search',
  operationId: 'scimSearch',
  summary: 'List users and groups, users first',
  run: searchAll,
};

const all = [...users, ...groups, everything, ...discovery];

/** Ids of these operations, for the tables that try every route. */
export const scimOperationIds = all.map(({ operationId }) => operationId);

/** SCIM 2.0 (RFC 7643, RFC 7644), one service provider for each customer. */
export function scimRoutes(app: Api, deps: ApiDeps): void {
  const door = createDoor(deps.directoryLimit);
  for (const route of all) addRoute(app, door, route);
}

function addRoute(app: Api, door: Door, { run, path, ...rest }: ScimRoute): void {
  const params = z.object({ customer: z.string(), ...(path.includes('{id}') ? { id: z.string() } : {}) });
  const address: string = `/scim/v2/{customer}${path}`;
  const route = declare({
    ...rest,
    path: address,
    rule: 'directory',
    reads: 'bytes',
    tags: ['SCIM'],
    request: { params },
    responses: scimResponses,
  });
  app.openapi(route, async (c) => {
    const directory = await directoryOf(c, door);
    const deps = c.get('deps');
    const base = `${deps.publicUrl}/scim/v2/${c.req.param('customer') ?? ''}`;
    const ifMatch = c.req.header('if-match') ?? null;
    const id = c.req.param('id') ?? '';
    if (unstorable.test(id)) throw notFound();
    return run({ c, deps, directory, base, id, ifMatch });
  });
}

/** What a query asks for; of a search its body. */
async function wishOf({ c }: Call, kind: 'User' | 'Group'): Promise<ListWish> {
  if (c.req.method !== 'POST') return listWish(kind, (name) => c.req.query(name));
  const body = await bodyOf(c);
  return listWish(kind, (name) => (Object.hasOwn(body, name) ? body[name] : undefined));
}

const shownIn = ({ c }: Call) => shownOf((name) => c.req.query(name));

async function listUsers(call: Call): Promise<Response> {
  const { page, startIndex, shown } = await wishOf(call, 'User');
  const { total, rows } = await findScimUsers(call.deps, call.directory, page);
  return list(
    rows.map((row) => projected(userResource(row, call.base), shown)),
    total,
    startIndex,
  );
}

/** A search over both (RFC 7644, section 3.4.3): one list, in which the groups come behind the users. */
async function searchAll(call: Call): Promise<Response> {
  const body = await bodyOf(call.c);
  const said = (name: string) => (Object.hasOwn(body, name) ? body[name] : undefined);
  const { page, startIndex, shown } = listWish('User', said);
  const ofUsers = await findScimUsers(call.deps, call.directory, page);
  const { limit, offset } = page;
  const further = {
    ...listWish('Group', said).page,
    limit: limit - ofUsers.rows.length,
    offset: Math.max(0, offset - ofUsers.total),
  };
  const ofGroups = await findScimGroups(call.deps, call.directory, further, wantsMembers(shown));
  const resources = [
    ...ofUsers.rows.map((row) => userResource(row, call.base)),
    ...ofGroups.rows.map((row) => groupResource(row, call.base)),
  ];
  return list(
    resources.map((resource) => projected(resource, shown)),
    ofUsers.total + ofGroups.total,
    startIndex,
  );
}

async function createUser(call: Call): Promise<Response> {
  const words = userWords(await bodyOf(call.c));
  const row = await createScimUser(call.deps, call.directory, words);
  return made(row, userResource(row, call.base), shownIn(call));
}

async function getUser(call: Call): Promise<Response> {
  const row = await showScimUser(call.deps, call.directory, call.id);
  return one(row, userResource(row, call.base), shownIn(call), call.c.req.header('if-none-match'));
}

async function putUser(call: Call): Promise<Response> {
  const words = userWords(await bodyOf(call.c));
  const row = await changeScimUser(call.deps, call.directory, call.id, call.ifMatch, () => words);
  return one(row, userResource(row, call.base), shownIn(call));
}

async function patchUser(call: Call): Promise<Response> {
  const body = await bodyOf(call.c);
  const { deps, directory, id, ifMatch, base } = call;
  const row = await changeScimUser(deps, directory, id, ifMatch, (before) => {
    const { active: _said, ...resource } = userResource(before, base);
    return userWords(patched('User', resource, body));
  });
  return one(row, userResource(row, base), shownIn(call));
}

async function deleteUser({ deps, directory, id, ifMatch }: Call): Promise<Response> {
  await deleteScimUserOf(deps, directory, id, ifMatch);
  return gone();
}

/** Whether the client wants to know who is in a group: of a large one most do not. */
function wantsMembers({ attributes, excluded }: Shown): boolean {
  const isMembers = (name: string) => name.toLowerCase().split(/[.:]/).includes('members');
  return attributes === null ? !excluded.some(isMembers) : attributes.some(isMembers);
}

async function listGroups(call: Call): Promise<Response> {
  const { page, startIndex, shown } = await wishOf(call, 'Group');
  const isWhole = wantsMembers(shown);
  const { total, rows } = await findScimGroups(call.deps, call.directory, page, isWhole);
  return list(
    rows.map((row) => projected(groupResource(row, call.base), shown)),
    total,
    startIndex,
  );
}

async function createGroup(call: Call): Promise<Response> {
  const words = groupWords(await bodyOf(call.c));
  const row = await createScimGroup(call.deps, call.directory, words);
  return made(row, groupResource(row, call.base), shownIn(call));
}

async function getGroup(call: Call): Promise<Response> {
  const shown = shownIn(call);
  const row = await showScimGroup(call.deps, call.directory, call.id, wantsMembers(shown));
  return one(row, groupResource(row, call.base), shown, call.c.req.header('if-none-match'));
}

async function putGroup(call: Call): Promise<Response> {
  const words = groupWords(await bodyOf(call.c));
  // What a whole group does not name it does not have.
  const whole = { ...words, members: words.members ?? [] };
  const row = await changeScimGroup(call.deps, call.directory, call.id, call.ifMatch, () => whole);
  return one(row, groupResource(row, call.base), shownIn(call));
}

async function patchGroup(call: Call): Promise<Response> {
  const body = await bodyOf(call.c);
  const { deps, directory, id, ifMatch, base } = call;
  const row = await changeScimGroup(deps, directory, id, ifMatch, (before) => {
    const words = groupWords(patched('Group', groupResource(before, base), body));
    return { ...words, members: words.members ?? [] };
  });
  return one(row, groupResource(row, base), shownIn(call));
}

async function deleteGroup({ deps, directory, id, ifMatch }: Call): Promise<Response> {
  await deleteScimGroupOf(deps, directory, id, ifMatch);
  return gone();
}
