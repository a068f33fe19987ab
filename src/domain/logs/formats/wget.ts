import { numberBefore, percentage } from '../hint.ts';
import { toolFormat } from './kit/tool.ts';

const NUMBERED = /^(?:\d{1,12}K [. ]{10}|[45]\d\d: )/;

/** GNU Wget: one run for each file, with dots through a pipe and a bar on a terminal. */
export const wget = toolFormat({
  name: 'wget',
  taskName: 'wget',
  taskType: 'transfer',
  counts: 'open',
  failsSilently: true,
  hint: {
    begins: [
      '--20',
      'ERROR 4',
      'ERROR 5',
      'wget: ',
      '(',
      'Connecting to ',
      'File ',
      'Server file no newer ',
      'The file is already ',
    ].concat(['FEHLER', 'ERREUR', 'ERRORE']),
    contains: [percentage],
    mayBegin: numberBefore('K:', NUMBERED),
  },
  patterns: [
    {
      says: 'begins',
      line: /^--\d{4}-\d\d-\d\d \d\d:\d\d:\d\d-- {1,4}\([^)]{1,40}: {1,3}\d{1,4}\) {1,4}(?<step>\S.*)$/,
      goesOn: true,
    },
    { says: 'begins', line: /^--\d{4}-\d\d-\d\d \d\d:\d\d:\d\d-- {1,4}(?<step>\S.*)$/ },
    {
      says: 'step',
      line: /^\d{1,12}K [. ]{10,80} {1,4}(?<percent>\d{1,3})% {0,4}[\d.]{1,10}[KMG]?[ =]\S{1,12}$/,
    },
    // This row states the time taken. With `--quiet --show-progress` nothing follows it.
    {
      says: 'concludes',
      line: /^\S.{0,200}? {1,40}(?<percent>100)%\[[=>+]{3,200}\] {1,12}[\d.,]{1,16}[KMG]? {1,4}[\d.,]{1,12}[KMG]?B\/s {1,8}\p{L}{1,8} \d[\d.,hms ]{0,20}$/u,
    },
    {
      says: 'counts',
      line: /^\S.{0,200}? {1,40}(?<percent>\d{1,3})%\[[=>+ ]{3,200}\] {1,12}[\d.,]{1,16}[KMG]?\b.{0,60}$/,
    },
    // In other languages, two equal sizes show that all of it was saved.
    {
      says: 'ends',
      line: /^\([\d.,]{1,12} [KMG]?B\/s\) - (?:.{1,500} saved \[\d{1,16}(?:\/\d{1,16})?\]|\S.{0,500} \[(\d{1,16})\/\1\])$/,
    },
    {
      says: 'ends',
      line: /^(?:File .{1,500} (?:already there; not retrieving|not modified on server\. Omitting download)\.|Server file no newer than local file .{1,500} -- not retrieving\.|The file is already fully retrieved; nothing to do\.)$/,
    },
    { says: 'fails', line: /^(?:\p{Lu}{3,12} )?(?<reason>[45]\d\d: \S.{0,200})$/u },
    {
      says: 'fails',
      line: /^\([\d.]{1,12} [KMG]?B\/s\) - (?<reason>(?:Read error|Connection closed) at byte \d{1,16}(?:\/\d{1,16})?(?: \([^)]{1,200}\))?)\. Giving up\.$/,
    },
    { says: 'broken', line: /^Connecting to .{1,300}\.\.\. (?<reason>failed: .{1,200}?)\.?$/ },
    { says: 'fails', line: /^wget: (?<reason>(?:unable to|Unable to|failed to) .+)$/ },
  ],
});
