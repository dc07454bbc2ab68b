// `npm start`. Uses nothing but Node until everything is installed.
import { install } from './install.mjs';

try {
  await install();
  const { register } = await import('tsx/esm/api');
  register();
  const { launch } = await import('./local/launcher.ts');
  // A start that was interrupted may still wait for something; nothing of it may keep us.
  process.exit(await launch(process.env));
} catch (error) {
  // A database's error is wrapped in one whose message repeats the statement's parameters; its cause says what is wrong.
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  process.stderr.write(`${cause instanceof Error ? cause.message : String(cause)}\n`);
  process.exit(1);
}
