import { expect, it } from 'vitest';
import type { z } from 'zod';
import { examples } from '../../api/schemas/examples.ts';
import {
  accessRequestShape,
  credentialShape,
  decisionShape,
  grantShape,
  listShape,
  previewShape,
  recordShape,
  taskShape,
} from '../../bin/cli/shapes.ts';

// The examples of the OpenAPI document, which a test of the API holds against its schemas, as the command line reads them.

const page = { items: [examples.grant], next_cursor: null };

it.each<[string, z.ZodType, unknown]>([
  ['an access request', accessRequestShape, examples.accessRequest],
  ['a grant', grantShape, examples.grant],
  ['a preview', previewShape, examples.preview],
  ['a decision', decisionShape, examples.decision],
  ['an ending', recordShape, examples.ending],
  ['a credential', credentialShape, examples.credential],
  ['a task', taskShape, examples.task],
  ['a list', listShape, page],
])("reads the API's own example of %s, every member that it knows of", (_, shape, example) => {
  const read = shape.parse(example);
  // An optional member that the API gave another name would be read as absent, so the example must have each by name.
  expect(example).toMatchObject(Object(read));
  const names = 'shape' in shape ? Object.keys(Object(shape.shape)) : [];
  expect(Object.keys(Object(example))).toEqual(expect.arrayContaining(names));
});
