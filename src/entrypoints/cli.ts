#!/usr/bin/env node
import { runProgram } from '../cli/program.ts';

// The SDK warns about this version of Node, which a command line need not repeat.
process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true';

// The reader of the output may stop early, e.g. `head`. `miyabi run` handles its output itself.
if (process.argv[2] !== 'run') {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    process.exit();
  });
}

await runProgram(process.argv.slice(2), async (options) => {
  const { runServer } = await import('./local/run-server.ts');
  await runServer(options);
});
