import * as v from 'valibot';
import { jsonText } from '../message.ts';
import { type Answer, jsonAnswer, route } from '../route.ts';

const HTML = 'text/html';
const DOCS_HEADERS = {
  'content-type': `${HTML}; charset=utf-8`,
  'cache-control': 'no-cache',
  'content-security-policy':
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'",
};

const TEXT = 'text/plain';
const TEXT_HEADERS = { 'content-type': `${TEXT}; charset=utf-8`, 'cache-control': 'no-cache' };
const GUIDE: Answer<string> = { description: 'Markdown', content: { [TEXT]: v.string() } };

const PAGE: Answer<string> = { description: 'A page', content: { [HTML]: v.string() } };

/** Loaded on first use: the build replaces the module that derives the document by the finished document. */
let document: Promise<unknown> | undefined;
const openApi = (): Promise<unknown> => {
  document ??= import('../openapi.ts').then(({ openApiDocument }) => openApiDocument());
  return document;
};

export const contractRoutes = {
  getOpenApi: route({
    method: 'GET',
    path: '/openapi.json',
    scope: 'open',
    summary: 'This contract',
    answers: { 200: jsonAnswer('An OpenAPI 3.1 document', v.looseObject({})) },
    handle: async () => jsonText(200, JSON.stringify(await openApi())),
  }),
  getDocs: route({
    method: 'GET',
    path: '/docs',
    scope: 'open',
    summary: 'This contract as a page',
    answers: { 200: PAGE },
    handle: async () => {
      const { docsPage } = await import('../docs-page.ts');
      return { status: 200, headers: DOCS_HEADERS, body: docsPage(await openApi()) };
    },
  }),
  getLlmsText: route({
    method: 'GET',
    path: '/llms.txt',
    scope: 'open',
    summary: 'This contract for AI agents, in brief',
    answers: { 200: GUIDE },
    handle: async () => {
      const { llmsText } = await import('../llms-text.ts');
      return { status: 200, headers: TEXT_HEADERS, body: llmsText(await openApi()) };
    },
  }),
};
