import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectDirectory } from '../support/directory.ts';
import { startWeb, type WebApi } from '../support/web.ts';

// What test/support/scim-client.txt names; `.ci/run` puts it there.
const python = fileURLToPath(new URL('../../node_modules/.cache/scim-client/bin/python', import.meta.url));
const script = fileURLToPath(new URL('../support/scim-client.py', import.meta.url));
const isThere = existsSync(python);
const name = 'A SCIM client that is not ours';

describe.skipIf(!isThere)(isThere ? name : `${name} (skipped: not installed, see .ci/run)`, () => {
  let web: WebApi;
  beforeAll(async () => {
    // It asks as fast as it can, hundreds of times.
    web = await startWeb({ directoryLimit: { burst: 10_000, perSecond: 1_000 } });
  });
  afterAll(() => web.stop());

  it('finds nothing wrong, in whatever it tries', { timeout: 300_000 }, async () => {
    const { base, token } = await connectDirectory(web.http, 'globex', 'gus@globex.example');
    const { stdout } = await promisify(execFile)(python, [script], {
      env: { SCIM_BASE: `${web.url}${base}`, SCIM_TOKEN: token, NO_PROXY: '*' },
    });
    const { passed, others }: { passed: number; others: string[] } = Object(JSON.parse(stdout));
    expect(others).toEqual([]);
    expect(passed).toBeGreaterThan(100);
    expect(web.http.faults).toEqual([]);
  });
});
