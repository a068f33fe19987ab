import { toolFormat } from './kit/tool.ts';

/**
 * `go test`, as text, with `-v` and with `-json`, whose objects hold the lines of the text. Packages are counted, as tests
 * are only printed where they fail. The `FAIL` of a test's binary and that of the whole run look the same: the latter
 * comes after the line of a package. No line says that all went well.
 */
export const goTest = toolFormat({
  name: 'go-test',
  taskName: 'go test',
  taskType: 'test',
  counts: 'open',
  endsSilently: /^package$/,
  hint: {
    begins: [
      ...['=== RUN ', '--- PASS: ', '--- FAIL: ', '--- SKIP: ', 'ok  \t', 'FAIL', 'panic: ', '# '],
      ...['{"Time":"', '{"ImportPath":"', '{"Action":"'],
    ],
    colon: { characters: '0123456789', holds: (text, at) => text.startsWith('.go', at - 3) },
  },
  unwrap: {
    line: /^\{(?:"(?:Time|ImportPath)":"[^"]{1,300}",)?"Action":"(?:build-)?output",.{0,2000}"Output":(?<text>".*")\}$/,
  },
  patterns: [
    { says: 'works', line: /^=== (?:RUN|CONT) {2,3}(?<step>\S{1,300})$/, phase: 'test' },
    { says: 'step', line: /^--- (?:PASS|SKIP): (?<step>\S{1,300}) \(\d{1,7}\.\d\ds\)$/, phase: 'test' },
    { says: 'broken', line: /^--- FAIL: (?<item>\S{1,300}) \(\d{1,7}\.\d\ds\)$/, phase: 'test', alone: true },
    { says: 'remarks', line: /^(?<reason>\S{1,200}_test\.go:\d{1,7}: .+)$/ },
    { says: 'broken', line: /^(?<reason>\S{1,200}\.go:\d{1,7}:\d{1,5}: .+)$/, after: 'build' },
    { says: 'works', line: /^# (?<step>\S{1,300}) \[\S{1,300}\.test\]$/, phase: 'build' },
    { says: 'step', line: /^# (?<step>[\w.-]{1,100}\/\S{1,200})$/, phase: 'build' },
    { says: 'broken', line: /^panic: (?<reason>test timed out after \S{1,20})$/, alone: true },
    { says: 'remarks', line: /^(?<reason>panic: .+?)(?: \[recovered\].*)?$/ },
    {
      says: 'one done',
      line: /^ok {2}\t(?<step>\S{1,300})\t(?:\(cached\)|\d{1,7}\.\d{1,3}s)/,
      phase: 'package',
      alone: true,
    },
    {
      says: 'one failed',
      line: /^FAIL\t(?<step>\S{1,300})(?:\t\d{1,7}\.\d{1,3}s| \[(?:build|setup) failed\])$/,
      phase: 'package',
      alone: true,
    },
    { says: 'fails', line: /^FAIL$/, after: 'package' },
  ],
});
