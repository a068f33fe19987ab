import { jsonText } from '../message.ts';
import type { Route } from '../route.ts';

/** The contract itself, loaded when somebody asks for it. */
export const contractRoutes = (): readonly Route[] => {
  let page: string | undefined;
  let document: string | undefined;
  return [
    {
      path: '/openapi.json',
      methods: {
        GET: {
          name: 'getOpenApi',
          scope: 'open',
          handle: async () => {
            document ??= JSON.stringify((await import('../generated/openapi.ts')).OPENAPI);
            return jsonText(200, document);
          },
        },
      },
    },
    {
      path: '/docs',
      methods: {
        GET: {
          name: 'getDocs',
          scope: 'open',
          types: ['text/html'],
          handle: async () => {
            if (page === undefined) {
              const { docsPage } = await import('../docs-page.ts');
              page = docsPage((await import('../generated/openapi.ts')).OPENAPI);
            }
            return { status: 200, headers: DOCS_HEADERS, body: page };
          },
        },
      },
    },
  ];
};

const DOCS_HEADERS = {
  'content-type': 'text/html; charset=utf-8',
  'cache-control': 'no-cache',
  'content-security-policy':
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'",
};
