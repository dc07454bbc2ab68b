/**
 * Run as a process of its own, so that a download that hangs can be killed: has Temporal's SDK fetch its server into
 * the folder given as the first word. The second says which: `temporal` or `temporal-test-server`.
 */
import { TestWorkflowEnvironment } from '@temporalio/testing';

const [downloadDir, which] = process.argv.slice(2);
if (downloadDir === undefined) throw new Error('Which folder?');
const server = { executable: { type: 'cached-download' as const, downloadDir } };
const environment =
  which === 'temporal-test-server'
    ? await TestWorkflowEnvironment.createTimeSkipping({ server })
    : await TestWorkflowEnvironment.createLocal({ server });
await environment.teardown();
