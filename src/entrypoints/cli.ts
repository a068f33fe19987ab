#!/usr/bin/env node
import { runProgram } from '../cli/program.ts';

// The SDK asks for a newer Node for the sake of services; a command line need not repeat it.
process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true';

// Whoever reads the output may have read enough, e.g. `head`. A wrapped command's output is the wrapper's own business.
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
