import { toolFormat } from './kit/tool.ts';

/** What the operating system says of a file, behind its name: older versions print nothing else. */
const CAUSES = [
  ...[
    ': No such file or directory',
    ': Permission denied',
    ': Protocol not found',
    ': No space left on device',
  ],
  ...[': Invalid data found when processing input', ': Invalid argument'],
];

/** FFmpeg (source: fftools/ffmpeg.c): seconds of the output out of those of the first input. */
export const ffmpeg = toolFormat({
  name: 'ffmpeg',
  taskName: 'ffmpeg',
  taskType: 'transfer',
  counts: 'open',
  hint: {
    begins: [
      'Input #0, ',
      'Duration: ',
      'frame=',
      'size= ',
      'Lsize=',
      'out_time=',
      'progress=',
      'video:',
      '[out#',
      '[in#',
      'Conversion ',
    ].concat(['Error opening ', 'Exiting normally, ', 'ffmpeg version ', 'Error ']),
    ends: CAUSES,
  },
  patterns: [
    { says: 'begins', line: /^ffmpeg version \S{1,80} Copyright / },
    { says: 'begins', line: /^Input #0, \S{1,100}, from .(?<step>.{1,500}).:$/ },
    { says: 'step', line: /^Duration: (?<totalTime>\d{2,4}:\d\d:\d\d\.\d{1,6}), (?:start|bitrate): / },
    // From version 7 on it comes after the sums.
    {
      says: 'counts',
      goesOn: true,
      line: /^(?:frame= {0,8}\d{1,12} .{1,80}? |)Lsize= {0,12}\S{1,16} time=(?<currentTime>\d{2,4}:\d\d:\d\d\.\d{1,6}) bitrate=.{1,120}$/,
    },
    {
      says: 'counts',
      line: /^(?:frame= {0,8}\d{1,12} .{1,80}? |)size= {0,12}\S{1,16} time=(?<currentTime>\d{2,4}:\d\d:\d\d\.\d{1,6}) bitrate=.{1,120}$/,
    },
    { says: 'counts', line: /^out_time=(?<currentTime>\d{2,4}:\d\d:\d\d\.\d{1,6})$/ },
    { says: 'ends', line: /^progress=end$/ },
    {
      says: 'concludes',
      line: /^(?:\[out#\d{1,4}\/\w{1,40} @ 0x[0-9a-f]{1,16}\] )?video:\d{1,12}\w{1,3} audio:\d{1,12}\w{1,3} .*$/,
    },
    {
      says: 'fails',
      line: /^\[(?:in|out)#\d{1,4}(?:\/\w{1,40})? @ 0x[0-9a-f]{1,16}\] (?<reason>Error opening (?:input|output)\b.*: .+)$/,
      alone: true,
    },
    { says: 'fails', line: /^(?<reason>Error opening (?:input|output) files?\b.*)$/ },
    {
      says: 'remarks',
      line: /^(?:\[[^\]]{1,80}\] )?(?<reason>(?:Error (?:while|writing|initializing|submitting|sending|muxing|selecting|reinitializing|marking|closing)\b|av_\w{1,40}\(\)).{0,400}: .{1,500})$/,
    },
    { says: 'fails', line: /^Conversion failed!$/ },
    { says: 'fails', line: new RegExp(`^(?<reason>\\S.{0,300}(?:${CAUSES.join('|')}))$`) },
    { says: 'cancels', line: /^Exiting normally, received signal \d{1,3}\.$/ },
  ],
});
