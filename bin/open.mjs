// How the front doors that need TypeScript open: dependency-free until everything is installed.
import { install } from './install.mjs';

/** Installs what is missing, then runs the module that `load` imports. Says in a sentence why it cannot, and exits 1. */
export async function open(load) {
  try {
    await install();
    const { register } = await import('tsx/esm/api');
    register();
    return await load();
  } catch (error) {
    // A database's error is wrapped in one whose message repeats the statement's parameters; its cause says what is wrong.
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    process.stderr.write(`${cause instanceof Error ? cause.message : String(cause)}\n`);
    return process.exit(1);
  }
}
