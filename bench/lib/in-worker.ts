/** What a worker was handed. Its shape is agreed between the two halves of one benchmark. */
export const input = <Input>(): Input => JSON.parse(process.argv[2] ?? 'null') as Input;

/** Gives the answer to the process that started the worker, and ends it. */
export const answer = (output: unknown): void => {
  process.send?.({ output }, () => process.disconnect?.());
};
