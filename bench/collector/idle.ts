/**
 * The worker that measures what following idle log files takes: the collector of the local server in its default
 * configuration, on a folder of files that nothing writes to.
 */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { readConfig } from '../../src/config.ts';
import { compose } from '../../src/container/compose.ts';
import { answer, input } from '../lib/in-worker.ts';

export type IdleInput = Readonly<{ files: number; folders: number; seconds: number }>;

/** The share of a core, 0–1, and the resident memory at the end in bytes. */
export type IdleOutput = Readonly<{ share: number; resident: number }>;

const { files, folders, seconds } = input<IdleInput>();

const data = await mkdtemp(join(tmpdir(), 'miyabi-idle-'));
try {
  for (let folder = 0; folder < folders; folder += 1) {
    const path = join(data, 'logs', `group-${folder}`);
    await mkdir(path, { recursive: true });
    for (let file = folder; file < files; file += folders)
      await writeFile(join(path, `app-${file}.log`), `started ${file}\n`);
  }
  const config = readConfig({ MIYABI_BACKEND: 'local', MIYABI_DATA_DIR: data, LOG_LEVEL: 'silent' });
  const { collector, close } = await compose(config);
  const follow = async (rounds: number) => {
    for (let round = 0; round < rounds; round += 1) {
      const { groups } = await collector.collect({});
      if (groups.length !== folders) throw new Error(`${groups.length} groups of ${folders}`);
      await sleep(config.collectIntervalMs);
    }
  };
  // What was written just now may still be announced.
  await follow(3);
  const began = process.cpuUsage();
  const start = performance.now();
  await follow(Math.ceil((seconds * 1000) / config.collectIntervalMs));
  const { user, system } = process.cpuUsage(began);
  const elapsed = performance.now() - start;
  answer({
    share: (user + system) / 1000 / elapsed,
    resident: process.memoryUsage.rss(),
  } satisfies IdleOutput);
  await close();
} finally {
  await rm(data, { recursive: true, force: true });
}
