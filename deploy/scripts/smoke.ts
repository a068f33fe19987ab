import { MiyabiError } from '../../src/domain/errors.ts';
import { parse, program } from './program.ts';
import { smoke } from './smoke-checks.ts';

/** Tests a running system: `npm run smoke -- --url https://…`. The key comes from MIYABI_API_KEY or `--key`. */
program('smoke', async (args) => {
  const given = parse(args, { url: { type: 'string' }, key: { type: 'string' }, token: { type: 'string' } });
  const text = (name: string): string | undefined =>
    typeof given[name] === 'string' ? given[name] : undefined;
  const url = text('url');
  if (url === undefined || !/^https?:\/\//.test(url)) {
    throw new MiyabiError(
      'configuration',
      '--url must be given: the ApiUrl or DashboardUrl that deploy ended with',
    );
  }
  await smoke({
    url,
    key: text('key') ?? process.env['MIYABI_API_KEY'],
    token: text('token') ?? process.env['MIYABI_TOKEN'],
  });
});
