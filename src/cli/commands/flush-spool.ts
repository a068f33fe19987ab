import { randomBytes } from 'node:crypto';
import { CommandFailure, EXIT } from '../failure.ts';
import { earlierRuns } from '../run/follower.ts';
import { shipper } from '../run/shipper.ts';
import { leftovers } from '../run/spool.ts';
import { withServer } from '../session.ts';

/** Sends what waits for this server, as the next run would. */
export const flushSpool = ({ json }: Readonly<{ json?: boolean }>): Promise<void> =>
  withServer(async ({ client, settings, print, printJson }) => {
    const mine = async () =>
      (await leftovers(settings.spoolDir)).filter(({ header, live }) => header.url === client.url && !live)
        .length;
    const before = await mine();
    const sending = shipper(
      client,
      undefined,
      earlierRuns(settings.spoolDir, client.url, randomBytes(4).toString('hex')),
    );
    const { problem, refused } = await sending.finish(settings.flushMs);
    const after = await mine();
    if (json) printJson({ runs: before, sent: before - after, refused_lines: refused });
    else print(before === 0 ? 'Nothing waits.\n' : `Sent ${before - after} of ${before} runs.\n`);
    if (after > 0) throw new CommandFailure(EXIT.unavailable, problem ?? 'the time was over');
  });
