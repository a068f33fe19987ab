import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { BrowserContextOptions, Locator, Page } from 'playwright-core';
import * as assert from 'uvu/assert';
import { chromiumPath, openBrowser, openPage } from '../support/browser.ts';
import { type Dashboard, openDashboard } from '../support/dashboard.ts';
import { needs, shared, suite } from '../support/suite.ts';
import { fillTeaHouse } from '../support/tea-house.ts';

/** What a story starts with: its own server, and a page that has not been opened yet. */
export type Scene = Readonly<{
  dashboard: Dashboard;
  page: Page;
  /** Opens an address of the dashboard. */
  open(path?: string): Promise<void>;
  /** A task reports how many of its ten steps are done, and other given fields, as a line in its log. */
  reportTask(id: string, current: number, more?: object): Promise<void>;
  /** A day at the tea house happens. */
  teaHouse(): Promise<void>;
  /** The bar of a task. */
  bar(name: string): Locator;
  /** Waits until a bar shows this many percent. */
  sees(percent: number): Promise<void>;
  heading(name: string | RegExp, level?: number): Locator;
  button(name: string | RegExp): Locator;
  /** The text of the first element found. */
  textOf(selector: string): Promise<string>;
  /** Waits until an expression is true in the page. Not `waitForFunction`: the page's policy forbids its `eval`. */
  until(expression: string): Promise<void>;
  /** Waits until the tab is named so. */
  named(title: string): Promise<void>;
  /** Hides the tab, or shows it again. */
  look(isLooking: boolean): Promise<void>;
  /** The findings of axe-core on the present page, with all its rules of WCAG 2.2 AA and its own best practices. */
  findings(): Promise<readonly string[]>;
}>;

type Setting = Readonly<{
  /** Left out of `npm test`; for stories like one that stays, and those that wait for long. */
  slow?: boolean;
  /** `network`: the story breaks requests, which a browser writes to the console by itself. */
  complaints?: 'none' | 'network';
  page?: BrowserContextOptions;
  server?: Parameters<typeof openDashboard>[0];
}>;

const axe = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

/** A line of a task's log. */
export const report = (id: string, current: number, more: object = {}): string =>
  JSON.stringify({ task_id: id, task_name: id, progress: { current, total: 10 }, ...more });

/** An expression: how many pixels of the plot have the red of a light page. Ink, not just a canvas. */
export const RED_INK = `(() => {
  const plot = document.querySelector('.plot canvas');
  const copy = Object.assign(document.createElement('canvas'), { width: plot.width, height: plot.height });
  const context = copy.getContext('2d', { willReadFrequently: true });
  context.drawImage(plot, 0, 0);
  const { data } = context.getImageData(0, 0, copy.width, copy.height);
  let count = 0;
  for (let at = 0; at < data.length; at += 4)
    if (data[at] > 150 && data[at + 1] < 80 && data[at + 3] > 200) count += 1;
  return count;
})()`;

const sceneOf = (dashboard: Dashboard, page: Page): Scene => ({
  dashboard,
  page,
  async open(path = '/') {
    await page.goto(dashboard.url + path);
  },
  reportTask: (id, current, more) => dashboard.log(id, [{ at: Date.now(), text: report(id, current, more) }]),
  teaHouse: () => fillTeaHouse(dashboard, Date.now()),
  bar: (name) => page.getByRole('progressbar', { name }),
  async sees(percent) {
    await page.locator(`[role=progressbar][aria-valuenow="${percent}"]`).waitFor();
  },
  heading: (name, level) => page.getByRole('heading', { name, ...(level === undefined ? {} : { level }) }),
  button: (name) => page.getByRole('button', { name }),
  textOf: async (selector) => (await page.locator(selector).first().textContent()) ?? '',
  until: (expression) =>
    page.evaluate(
      `new Promise((done, give) => {
         const end = Date.now() + 10_000;
         const look = () => (${expression}) ? done() : Date.now() > end ? give(new Error('in vain')) : requestAnimationFrame(look);
         look();
       })`,
    ),
  named: (title) => page.locator(`xpath=//title[.="${title}"]`).waitFor({ state: 'attached' }),
  async look(isLooking) {
    await page.evaluate(
      `Object.defineProperty(document, 'hidden', { configurable: true, get: () => ${!isLooking} });
       document.dispatchEvent(new Event('visibilitychange'))`,
    );
  },
  async findings() {
    // The policy of the page blocks foreign scripts, so it is injected by the debugger.
    await page.evaluate(await readFile(axe, 'utf8'));
    return page.evaluate<string[]>(
      'axe.run(document, { resultTypes: ["violations"] }).then(({ violations }) => violations.flatMap(({ id, nodes }) => nodes.map((node) => id + ": " + node.html + " " + node.failureSummary)))',
    );
  },
});

const browser = shared('Chromium', openBrowser, (opened) => opened.close());

/** Stories of the dashboard in Chromium, each with its own server and page. Without Chromium they are skipped. */
export const stories = (name: string) => {
  const test = suite(`dashboard: ${name}`);
  const inChromium = needs(test, chromiumPath !== undefined, 'Chromium is not installed');
  /** A story. It fails on anything that the page complains of. */
  const story = (title: string, reportTask: (scene: Scene) => Promise<void>, setting: Setting = {}): void => {
    const run = async (): Promise<void> => {
      const dashboard = await openDashboard(setting.server);
      try {
        const { page, complaints, close } = await openPage(await browser(), setting.page);
        try {
          await reportTask(sceneOf(dashboard, page));
          const reported = complaints.filter(
            (text) => setting.complaints !== 'network' || !/^Failed to load resource/.test(text),
          );
          assert.equal(reported, []);
        } finally {
          await close();
        }
      } finally {
        await dashboard.close();
      }
    };
    inChromium(title, run, { slow: setting.slow ?? false });
  };
  /** One that is left out of `npm test`. */
  const slowStory: typeof story = (title, reportTask, setting = {}) =>
    story(title, reportTask, { ...setting, slow: true });
  return {
    story,
    slowStory,
    run: () => test.run(),
  };
};
