// A thread loads no TypeScript by itself.
import { register } from 'tsx/esm/api';

register();
await import('./starter-thread.ts');
