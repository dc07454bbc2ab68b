import { afterAll, beforeAll, expect, it } from 'vitest';
import { inBrowser } from '../support/in-browser.ts';
import { type ConsoleBrowser, openConsole } from '../support/console-browser.ts';
import { fenceBy, operationsScene, type OperationsScene } from '../support/operations-scene.ts';
import { openSignal } from '../support/signal-routes.ts';

// What only a real browser says of the pages of operations: that nothing hinders anybody, that nothing is wider than the window.

const omar = 'omar@northwind.example';

inBrowser('In a real browser', () => {
  let here: ConsoleBrowser;
  let scene: OperationsScene;
  beforeAll(async () => {
    here = await openConsole();
    scene = await operationsScene(here.web.http);
  });
  afterAll(() => here?.stop());

  it('nothing on a page hinders anybody', async () => {
    await here.signIn(omar, '/operations');
    const other = await fenceBy(here.web.http, 'jonas@northwind.example');
    const { id: signal } = await openSignal(here.web.http, omar);
    const paths = [
      '/operations',
      '/operations/overdue',
      '/operations/fences',
      `/operations/fences/${scene.fence}`,
      `/operations/fences/${other}`,
      '/operations/tasks',
      `/operations/tasks/${scene.task}`,
      '/operations/events',
      `/operations/events/${scene.event}`,
      '/operations/sources',
      '/operations/sources/stripe',
      '/operations/processes?which=all',
      `/operations/processes/${scene.failed}`,
      '/operations/mails',
      '/operations/webhooks',
      `/operations/webhooks/${scene.webhook}`,
      '/operations/signals',
      `/operations/signals/${signal}/closing`,
      '/operations/signals/sources',
      '/operations/signals/new',
      '/operations/reviews',
    ];
    for (const path of paths) expect(await here.findings(path)).toEqual([]);
  });
});
