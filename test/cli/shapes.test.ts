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
  ['a list', listShape, page],
])("reads the API's own example of %s, every member that it knows of", (_, shape, example) => {
  const read = shape.parse(example);
  // Nothing that the command line prints where it is there may be missing from the example by its name.
  expect(example).toMatchObject(Object(read));
  const names = 'shape' in shape ? Object.keys(Object(shape.shape)) : [];
  expect(Object.keys(Object(example))).toEqual(expect.arrayContaining(names));
});
