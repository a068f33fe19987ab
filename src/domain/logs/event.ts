/**
 * One entry of a log, as its source returns it.
 *
 * `id` is unique within its stream; ids that end in a number after a common prefix are assumed to count upwards.
 * `timestamp` is epoch milliseconds. `message` may hold several lines.
 */
export type LogEvent = Readonly<{ id: string; timestamp: number; message: string }>;

/** Where events come from: a log group (a folder, on a laptop) and a stream in it (a file). */
export type LogOrigin = Readonly<{ log_group: string; log_stream: string }>;
