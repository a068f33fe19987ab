import { toolFormat } from '../../src/domain/logs/formats/kit/tool.ts';

export const photos = toolFormat({
  name: 'photos',
  taskName: 'photos',
  taskType: 'print',
  // `photo 2 of 3` is printed when the second photo begins.
  counts: 'begun',
  hint: {
    begins: ['Printing ', 'photo ', 'paper jam: '],
    mayBegin: {
      characters: '0123456789',
      holds: (text, at) => /^\d{1,6} printed,/.test(text.slice(at, at + 20)),
    },
  },
  patterns: [
    { says: 'begins', line: /^Printing (?<total>\d{1,6}) photos on \S{1,80}$/ },
    { says: 'counts', line: /^photo (?<current>\d{1,6}) of (?<total>\d{1,6}): (?<step>.+)$/ },
    { says: 'broken', line: /^(?<reason>paper jam): (?<item>.+)$/ },
    { says: 'closes', line: /^(?<passed>\d{1,6}) printed, (?<failed>\d{1,6}) failed$/ },
  ],
});
