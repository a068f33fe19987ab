// Preloaded into the CDK CLI: shortens the two intervals at which it polls CloudFormation, 2 and 5 seconds, to a twentieth.
// Nothing else is changed, least of all what is printed. Other programs that inherit NODE_OPTIONS keep their intervals.
if (/aws-cdk[/\\]bin[/\\]cdk$/.test(process.argv[1] ?? '')) {
  const original = globalThis.setTimeout;
  const quick = (run, delay, ...rest) =>
    original(run, delay === 2000 || delay === 5000 ? delay / 20 : delay, ...rest);
  globalThis.setTimeout = Object.assign(quick, original);
}
