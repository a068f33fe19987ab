// Draws the dashboard's views for the documentation, into docs/images. Run by `npm run screenshots`.
import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { chromiumPath, openBrowser, openPage } from '../support/browser.ts';
import { openDashboard } from '../support/dashboard.ts';
import { fillTeaHouse } from '../support/tea-house.ts';

const FOLDER = fileURLToPath(new URL('../../docs/images/', import.meta.url));

const DESK = { viewport: { width: 1280, height: 900 }, deviceScaleFactor: 1.5 };
const PHONE = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, hasTouch: true };

if (chromiumPath === undefined) {
  process.stderr.write('There is no Chromium here; install it, or name it with CHROMIUM=/path/to/chromium\n');
  process.exit(1);
}
mkdirSync(FOLDER, { recursive: true });
const dashboard = await openDashboard();
await fillTeaHouse(dashboard, Date.now());
const failed = `/tasks/${await dashboard.taskNamed('TeaHouse-Search')}`;

const VIEWS = [
  ['overview-light', '/', { ...DESK, colorScheme: 'light' }],
  ['overview-dark', '/', { ...DESK, colorScheme: 'dark' }],
  ['overview-phone', '/', { ...PHONE, colorScheme: 'light' }],
  ['overview-japanese', '/', { ...DESK, colorScheme: 'light', locale: 'ja-JP' }],
  ['task-light', failed, { ...DESK, colorScheme: 'light' }],
  ['task-dark', '/tasks/agent-brew-7', { ...DESK, colorScheme: 'dark' }],
  ['task-phone', '/tasks/agent-brew-7', { ...PHONE, colorScheme: 'dark' }],
  ['project-light', '/projects/kiln', { ...DESK, colorScheme: 'light' }],
  ['project-dark', '/projects/kiln', { ...DESK, colorScheme: 'dark' }],
  ['project-phone', '/projects/kiln', { ...PHONE, colorScheme: 'light' }],
  ['webhook-light', '/projects/kiln', { ...DESK, colorScheme: 'light' }],
] as const;

/** Around a part of a page, in pixels. */
const MARGIN = 24;

/** Fills in the form of a new webhook, and draws the section that it is in. */
const drawWebhookForm = async (page: Page, path: string): Promise<void> => {
  await page.getByRole('button', { name: 'Add a webhook' }).click();
  await page.getByLabel('URL').fill('https://discord.com/api/webhooks/1/x');
  await page.getByLabel('Format').selectOption('discord');
  await page.getByLabel('completes').uncheck();
  const section = page.locator('.webhooks');
  await section.scrollIntoViewIfNeeded();
  const { x = 0, y = 0, width = 0, height = 0 } = (await section.boundingBox()) ?? {};
  const clip = { x: x - MARGIN, y: y - MARGIN, width: width + 2 * MARGIN, height: height + 2 * MARGIN };
  await page.screenshot({ path, clip, animations: 'disabled' });
};

const browser = await openBrowser();
try {
  for (const [name, path, options] of VIEWS) {
    const { page, close } = await openPage(browser, { ...options, reducedMotion: 'reduce' });
    await page.goto(dashboard.url + path);
    await page.locator('.connection-live').waitFor();
    await page
      .locator(path === '/' ? '.row' : 'canvas')
      .first()
      .waitFor();
    await page.evaluate('document.fonts.ready');
    // On a desk the whole overview, which is what a team leaves open; elsewhere what one sees first.
    const fullPage = path === '/' && options.viewport.width > 1_000;
    const file = `${FOLDER}${name}.png`;
    if (name.startsWith('webhook')) await drawWebhookForm(page, file);
    else await page.screenshot({ path: file, animations: 'disabled', fullPage });
    await close();
    process.stdout.write(`docs/images/${name}.png\n`);
  }
} finally {
  await browser.close();
  await dashboard.close();
}
