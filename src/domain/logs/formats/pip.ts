import { toolFormat } from './kit/tool.ts';

/** pip: it names what it collects, downloads and installs, and counts nothing but the bytes of each file. */
export const pip = toolFormat({
  name: 'pip',
  taskName: 'pip install',
  taskType: 'build',
  counts: 'open',
  hint: {
    begins: [
      'Collecting ',
      'Processing .',
      'Processing /',
      'Downloading ',
      'Using cached ',
      'Installing collected packages: ',
      '━',
      '╸',
      '╺',
    ].concat(['Building wheel for ', 'Successfully installed ', 'ERROR: ', 'error: ']),
  },
  patterns: [
    {
      says: 'works',
      line: /^Collecting (?<step>[A-Za-z0-9][\w.-]{0,100}(?:\[[\w,-]{1,100}\])?(?:[<>=!~]\S{0,200}(?: \(from .{1,300}\))?| \(from .{1,300}\)))$/,
      phase: 'collect',
    },
    { says: 'step', line: /^Collecting (?<step>[A-Za-z0-9][\w.-]{0,100}(?:\[[\w,-]{1,100}\])?)$/ },
    {
      says: 'works',
      line: /^(?:Downloading|Using cached) (?<step>\S{1,200}\.(?:whl|tar\.gz|zip)(?:\.metadata)?) \([\d.]{1,12} [kMG]?B\)$/,
      phase: 'collect',
    },
    { says: 'works', line: /^Processing (?<step>\.{0,2}\/\S{1,300})$/, phase: 'collect' },
    { says: 'step', line: /^(?<step>[━╸╺]{5,200} {0,3}[\d.]{1,12}\/[\d.]{1,12} [kMG]?B .{0,80})$/ },
    {
      says: 'step',
      line: /^(?<step>Building wheel for \S{1,120}) \(.{1,40}\): (?:started|finished .{1,60})$/,
      phase: 'build',
    },
    { says: 'works', line: /^Installing collected packages: (?<step>\S.*)$/, phase: 'install' },
    { says: 'ends', line: /^Successfully installed \S{1,160}-\d\S{0,60}(?: \S{3,220})*$/, alone: true },
    {
      says: 'fails',
      line: /^ERROR: (?<reason>(?:Could not (?:find a version that|install packages due|open requirements file)|Cannot install |Failed building wheel |Failed to build |ResolutionImpossible|Could not build wheels |Invalid requirement: |Double requirement given: |Package '|THESE PACKAGES DO NOT MATCH |In --require-hashes mode,|HTTP error \d).*)$/,
      alone: true,
    },
    {
      says: 'fails',
      line: /^ERROR: (?<reason>(?:No matching distribution found|Exception:|Operation cancelled).*)$/,
    },
    {
      says: 'fails',
      line: /^error: externally-managed-environment$/,
      alone: true,
    },
    { says: 'fails', line: /^error: [a-z]{3,20}(?:-[a-z]{2,20}){1,5}$/ },
  ],
  because: { begins: /^× (?<reason>\S.{1,400}?)\.?$/ },
});
