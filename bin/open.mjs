// How the front doors that need TypeScript open: dependency-free until everything is installed.
import { install } from './install.mjs';
import { sentenceOf } from './sentence.mjs';

/** Installs what is missing, then runs the module that `load` imports. Says in a sentence why it cannot, and exits 1. */
export async function open(load) {
  try {
    await install();
    const { register } = await import('tsx/esm/api');
    register();
    return await load();
  } catch (error) {
    process.stderr.write(`${sentenceOf(error)}\n`);
    return process.exit(1);
  }
}
