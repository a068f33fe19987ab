#!/usr/bin/env node

// The SDK warns about this version of Node, which a command line need not repeat.
process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true';

const args = process.argv.slice(2);
if (args[0] === 'run') {
  const { runRunProgram } = await import('../cli/run/program.ts');
  await runRunProgram(args);
} else {
  // The reader of the output may stop early, e.g. `head`. `miyabi run` handles its output itself.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    process.exit();
  });
  const { runProgram } = await import('../cli/program.ts');
  await runProgram(args, async (options) => {
    const { runServer } = await import('./local/run-server.ts');
    await runServer({ ...options, command: 'npx miyabi-progress serve --demo' });
  });
}
