import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { startInstallation } from '../../bin/demo/installation.ts';
import { browserPath } from '../support/browser.ts';
import { launch } from '../support/playwright.ts';
import { takePictures } from './story.ts';

// The pictures of README and docs: an installation of its own, a short story in it, and what people see then.

const folder = fileURLToPath(new URL('../../docs/pictures/', import.meta.url));
/** All of them together; they are in everybody's clone for ever. */
const limitBytes = 1_500_000;

if (browserPath === undefined) {
  process.stderr.write(
    'The pictures need Chromium or Chrome in /usr/bin, and there is none here. docs/pictures/ stays as it is.\n',
  );
  process.exit(1);
}
process.stderr.write('Starting a Tenure for the pictures …\n');
const installation = await startInstallation();
try {
  const browser = await launch();
  try {
    const pictures = await takePictures(installation, browser);
    const total = pictures.reduce((sum, { png }) => sum + png.length, 0);
    if (total > limitBytes)
      throw new Error(`${total} bytes together, more than ${limitBytes}: docs/pictures/ stays as it is.`);
    await mkdir(folder, { recursive: true });
    for (const file of await readdir(folder)) if (file.endsWith('.png')) await rm(`${folder}${file}`);
    for (const { name, png } of pictures) {
      await writeFile(`${folder}${name}.png`, png);
      process.stdout.write(`docs/pictures/${name}.png ${png.length}\n`);
    }
    process.stdout.write(`${pictures.length} pictures, ${total} bytes\n`);
  } finally {
    await browser.close();
  }
} finally {
  await installation.stop();
}
