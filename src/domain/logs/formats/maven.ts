import { toolFormat } from './kit/tool.ts';

/** Maven: a build of several modules numbers them as they begin. `[INFO]` and `[ERROR]` are taken off before. */
export const maven = toolFormat({
  name: 'maven',
  taskName: 'mvn',
  taskType: 'build',
  counts: 'begun',
  hint: {
    begins: [
      'Scanning for projects',
      'Building ',
      '--- ',
      'BUILD ',
      'Failed to execute goal ',
      'Non-resolvable ',
      'The build could not read ',
    ],
    ends: ['<<< FAILURE!', '<<< ERROR!'],
    colon: { characters: '[', holds: (text, at) => text.startsWith('.java', at - 5) },
  },
  patterns: [
    { says: 'begins', line: /^Scanning for projects\.\.\.$/ },
    {
      says: 'counts',
      line: /^Building (?<step>\S.{0,200}?) {2,80}\[(?<current>\d{1,5})\/(?<total>\d{1,5})\]$/,
    },
    {
      says: 'step',
      line: /^--- (?:[\w.-]{1,80}:){1,3}(?<phase>[\w-]{1,60}) \([\w-]{1,80}\) @ \S{1,120} ---$/,
    },
    {
      says: 'broken',
      line: /^(?<item>[\w$.]{1,200}(?:\([\w$.]{1,200}\))?)(?: --)? {1,4}Time elapsed: [\d.]{1,12} s(?:ec)? {1,4}<<< (?:FAILURE|ERROR)!$/,
    },
    { says: 'broken', line: /^(?<reason>\S{1,300}\.java:\[\d{1,7},\d{1,7}\] .+)$/ },
    { says: 'broken', line: /^(?<reason>Failed to execute goal \S.*)$/ },
    { says: 'remarks', line: /^(?<reason>Non-resolvable (?:parent|import) POM\b.{1,800})$/ },
    { says: 'fails', line: /^(?:BUILD FAILURE|The build could not read \d{1,4} projects?\b.{0,80})$/ },
    { says: 'ends', line: /^BUILD SUCCESS$/ },
  ],
  because: { begins: /^(?<reason>[a-z]\w{0,40}(?:\.\w{1,80}){1,10}: .+)$/ },
});
