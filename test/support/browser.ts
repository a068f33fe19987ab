import { existsSync } from 'node:fs';
import type { Browser, BrowserContextOptions, BrowserServer, Page } from 'playwright-core';

/** Chromium as Debian and others install it, or as `CHROMIUM` names it. Undefined: there is none. */
export const chromiumPath: string | undefined = [
  process.env['CHROMIUM'],
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
].find((path) => path !== undefined && existsSync(path));

/** Flags for a browser that stays within this machine, where names below rebound.test lead to this machine too. */
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--host-resolver-rules=MAP *.rebound.test 127.0.0.1',
];

const launch = async () => {
  if (chromiumPath === undefined) throw new Error('there is no Chromium here');
  const { chromium } = await import('playwright-core');
  return { chromium, options: { executablePath: chromiumPath, headless: true, args: FLAGS } };
};

/** The variable with the address of the Chromium that the files of a run share. */
export const SHARED_BROWSER = 'MIYABI_TEST_BROWSER';

/** Starts the Chromium that the files of a run share. It ends with this process at the latest. */
export const serveBrowser = async (): Promise<BrowserServer> => {
  const { chromium, options } = await launch();
  return chromium.launchServer({
    ...options,
    ...{ handleSIGINT: false, handleSIGTERM: false, handleSIGHUP: false },
  });
};

/** The Chromium of this run, or one of this process. Closing it closes what was opened by this call. */
export const openBrowser = async (): Promise<Browser> => {
  const { chromium, options } = await launch();
  const { [SHARED_BROWSER]: address = '' } = process.env;
  if (address !== '') {
    try {
      return await chromium.connect(address, { timeout: 30_000 });
    } catch {
      // It has crashed, or the run that started it has ended.
    }
  }
  return chromium.launch(options);
};

/** A page, and everything that it complained of. */
export type Watched = Readonly<{ page: Page; complaints: readonly string[]; close(): Promise<void> }>;

export const openPage = async (browser: Browser, options: BrowserContextOptions = {}): Promise<Watched> => {
  const context = await browser.newContext({
    locale: 'en-GB',
    timezoneId: 'UTC',
    colorScheme: 'light',
    viewport: { width: 1280, height: 900 },
    ...options,
  });
  context.setDefaultTimeout(10_000);
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  return { page, complaints, close: () => context.close() };
};

/**
 * A script for pages. A browser without a screen grants nothing and shows nothing: what it is asked is recorded in `asked`
 * and `shown`.
 */
export const NOTIFICATIONS = `
  window.asked = 0;
  window.shown = [];
  window.Notification = class {
    static permission = sessionStorage.getItem('granted') ?? 'default';
    static requestPermission() {
      window.asked += 1;
      this.permission = window.answer ?? 'granted';
      sessionStorage.setItem('granted', this.permission);
      return Promise.resolve(this.permission);
    }
    constructor(title, { body, tag }) { window.shown.push({ title, body, tag }); }
    close() {}
  };`;
