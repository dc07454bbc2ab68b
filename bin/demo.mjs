#!/usr/bin/env node
// Plays the story on an installation of its own and removes it afterwards.
import { open } from './open.mjs';

await open(() => import('./demo/main.ts'));
