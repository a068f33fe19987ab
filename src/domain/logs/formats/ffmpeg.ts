import { toolFormat } from './kit/tool.ts';

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
      'out_time=',
      'progress=',
      'video:',
      '[out#',
      'Conversion ',
    ].concat(['Error opening ', 'Exiting normally, ']),
  },
  patterns: [
    { says: 'begins', line: /^Input #0, \S{1,100}, from .(?<step>.{1,500}).:$/ },
    { says: 'step', line: /^Duration: (?<totalTime>\d{2,4}:\d\d:\d\d\.\d{1,6}), (?:start|bitrate): / },
    {
      says: 'counts',
      line: /^(?:frame= {0,8}\d{1,12} .{1,80}? |)L?size= {0,12}\S{1,16} time=(?<currentTime>\d{2,4}:\d\d:\d\d\.\d{1,6}) bitrate=.{1,120}$/,
    },
    { says: 'counts', line: /^out_time=(?<currentTime>\d{2,4}:\d\d:\d\d\.\d{1,6})$/ },
    { says: 'ends', line: /^progress=end$/ },
    {
      says: 'concludes',
      line: /^(?:\[out#\d{1,4}\/\w{1,40} @ 0x[0-9a-f]{1,16}\] )?video:\d{1,12}\w{1,3} audio:\d{1,12}\w{1,3} .*$/,
    },
    { says: 'fails', line: /^(?<reason>Error opening (?:input|output) files?\b.*)$/, alone: true },
    { says: 'fails', line: /^Conversion failed!$/ },
    { says: 'cancels', line: /^Exiting normally, received signal \d{1,3}\.$/ },
  ],
});
