import { randomBytes } from 'node:crypto';
import { CommandFailure, EXIT } from '../failure.ts';
import { damagedLines, earlierRuns } from '../run/follower.ts';
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
    const warn = (text: string) => void process.stderr.write(`miyabi: ${text}\n`);
    const sending = shipper(
      client,
      undefined,
      earlierRuns(settings.spoolDir, client.url, randomBytes(4).toString('hex'), warn),
    );
    const { problem, refused, damage } = await sending.finish(settings.flushMs);
    for (const file of damage) warn(damagedLines(file));
    const after = await mine();
    if (json) printJson({ runs: before, sent: before - after, refused_lines: refused });
    else print(before === 0 ? 'Nothing waits.\n' : `Sent ${before - after} of ${before} runs.\n`);
    if (after > 0) throw new CommandFailure(EXIT.unavailable, problem ?? 'the time was over');
  });
